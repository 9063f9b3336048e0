# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of libpel/mirror, for the Makefile of this folder.
tests += mirror_events mirror_record mirror_target

with-mirror_events := $(addprefix libpel/mirror/,map.o events.o)
with-mirror_record := libpel/mirror/record.o
with-mirror_target := $(addprefix libpel/mirror/,record.o place.o target.o) \
                      libpel/device/number.o

# Which folders are made durable passes through the test.
$(OUT)/test_mirror_target: private LDFLAGS_test := -Wl,--wrap=fsync
