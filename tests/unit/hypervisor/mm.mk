# SPDX-License-Identifier: GPL-2.0-or-later
tests += mm/ptype_test mm/pt_check_test mm/buddy_test mm/mmu_random_test \
         mm/mmu_cases_test mm/mmu_race_test mm/dirty_log_test
src-mm/ptype_test := mm/ptype.c
src-mm/pt_check_test := mm/pt_check.c
src-mm/buddy_test := mm/buddy.c
src-mm/dirty_log_test := mm/dirty_log.c
src-mm/mmu_random_test := $(addprefix mm/, ptype.c pt_check.c buddy.c \
    frame.c frame_type.c pt_pin.c pt_access.c mmu_update.c mmuext.c segdesc.c \
    heap.c small.c m2p.c tlb.c guest_copy.c memory_op.c memory_reservation.c \
    memory_map.c relinquish.c audit.c dirty_log.c track.c track_ctl.c)
src-mm/mmu_cases_test := $(src-mm/mmu_random_test)
src-mm/mmu_race_test := $(src-mm/mmu_random_test)

# Their RAM, CPU and layout are arrays (machine.h).
$(addprefix $(OUT)/mm/mmu_, random_test cases_test race_test): \
    CFLAGS := -I$(HERE)/mm/include $(CFLAGS)
