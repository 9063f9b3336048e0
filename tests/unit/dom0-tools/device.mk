# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of libpel/device and peld, for the Makefile of this folder.
store-objs := device_store.o libpel/device/store.o libpel/device/store_wait.o \
              libpel/device/store_txn.o libpel/device/store_pipe.o

tests += device_number device_store device_nodes device_remove device_attach \
         device_sharing device_terminal device_script \
         peld_ring peld_backlog peld_act peld_reap peld_guests \
         peld_log_file store_pipe

with-device_number := libpel/device/number.o
with-device_store  := $(store-objs)
with-device_nodes  := $(store-objs) libpel/device/nodes.o
with-device_remove := $(store-objs) libpel/device/nodes.o \
                      libpel/device/list.o libpel/device/remove.o \
                      device_kernel.o
with-device_attach := $(with-device_remove) libpel/device/number.o \
                      libpel/device/vbd.o libpel/device/vif.o \
                      libpel/device/attach.o
with-device_sharing := $(store-objs) libpel/device/sharing.o
with-device_terminal := $(store-objs) libpel/device/terminal.o
with-device_script := $(store-objs) libpel/device/script.o
with-store_pipe    := $(store-objs)
with-peld_ring     := peld/ring.o
with-peld_backlog  := peld/backlog.o
with-peld_log_file := peld/log_file.o
with-peld_act      := $(store-objs) peld/act.o
with-peld_reap     := $(store-objs) peld/reap.o
with-peld_guests   := $(store-objs) peld/guests.o

$(OUT)/device_%.o: $(DIR)/device_%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_test) -MMD -MP -c -o $@ $<
