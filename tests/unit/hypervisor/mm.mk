# SPDX-License-Identifier: GPL-2.0-or-later
tests += mm/ptype_test mm/pt_check_test mm/buddy_test mm/mmu_test
src-mm/ptype_test := mm/ptype.c
src-mm/pt_check_test := mm/pt_check.c
src-mm/buddy_test := mm/buddy.c
src-mm/mmu_test := $(addprefix mm/, ptype.c pt_check.c buddy.c frame.c \
    frame_type.c pt_pin.c pt_access.c mmu_update.c mmuext.c segdesc.c heap.c \
    small.c m2p.c tlb.c guest_copy.c memory_op.c \
    memory_reservation.c memory_map.c relinquish.c audit.c)

# The machine of mmu_test: its RAM, its CPU and its layout are arrays.
$(OUT)/mm/mmu_test: CFLAGS := -I$(HERE)/mm/include $(CFLAGS)
