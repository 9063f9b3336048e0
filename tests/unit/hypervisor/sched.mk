# SPDX-License-Identifier: GPL-2.0-or-later
tests += sched/sched_test
src-sched/sched_test := sched/runq.c sched/balance.c time/pheap.c
