# SPDX-License-Identifier: GPL-2.0-or-later
# Objects of peld, for the Makefile of dom0-tools.
objs-peld := main.o loop.o ring.o backlog.o console.o consoles.o reap.o \
             act.o rename.o guests.o log_file.o
