# SPDX-License-Identifier: GPL-2.0-or-later
# Objects of this folder, for the Makefile of dom0-tools.
objs-device := store.o store_txn.o store_pipe.o store_wait.o nodes.o number.o \
               backend.o script.o loop.o sharing.o netlink.o vbd.o vif.o attach.o list.o \
               remove.o info.o connect.o quiet.o console.o terminal.o
libs-device := -lmnl -lxengnttab
