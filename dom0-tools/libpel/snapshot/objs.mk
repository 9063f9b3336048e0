# SPDX-License-Identifier: GPL-2.0-or-later
objs-snapshot := sum.o page_set.o file.o manifest.o folder.o chain.o pages.o \
                 parts_write.o parts_read.o disks.o disk_pages.o make.o take.o list.o \
                 verify.o delete.o bring_back.o revert.o clone.o port.o \
                 memory.o follow.o copy_image.o clone_live.o
libs-snapshot := -lgcrypt
