# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of libpel/snapshot, for the Makefile of this folder.
snapshot-objs := $(addprefix libpel/snapshot/,sum.o page_set.o file.o \
                   manifest.o folder.o chain.o pages.o parts_write.o \
                   parts_read.o disks.o disk_pages.o make.o list.o verify.o delete.o) \
                 libpel/stream/file.o

tests += snapshot_manifest snapshot_chain snapshot_guest snapshot_clone

with-snapshot_manifest := $(snapshot-objs)
with-snapshot_chain    := $(snapshot-objs)
with-snapshot_guest    := $(snapshot-objs) libpel/stream/pack.o \
                          libpel/stream/unpack.o \
                          $(addprefix libpel/snapshot/,take.o follow.o bring_back.o \
                            revert.o clone.o port.o memory.o \
                            copy_image.o clone_live.o)
with-snapshot_clone    := $(with-snapshot_guest)

# Processes end as if killed at these calls.
$(OUT)/test_snapshot_chain: private LDFLAGS_test := \
    $(addprefix -Wl$(comma)--wrap=,renameat unlinkat fsync)
$(OUT)/test_snapshot_guest $(OUT)/test_snapshot_clone: private LDFLAGS_test := -Wl,--wrap=ioctl
