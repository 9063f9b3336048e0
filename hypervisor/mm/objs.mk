# SPDX-License-Identifier: GPL-2.0-or-later
# The first row is pure: tests/unit compiles it as it stands.
objs-mm := ptype.o pt_check.o buddy.o dirty_log.o \
           frame.o frame_type.o pt_pin.o pt_access.o mmu_update.o mmuext.o \
           segdesc.o heap.o small.o m2p.o tlb.o guest_copy.o hvmap.o \
           memory_op.o memory_reservation.o memory_map.o relinquish.o audit.o \
           track.o track_ctl.o
