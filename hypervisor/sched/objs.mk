# SPDX-License-Identifier: GPL-2.0-or-later
pure-sched := runq.o balance.o
objs-sched := $(pure-sched) sched.o sched_op.o
