# SPDX-License-Identifier: GPL-2.0-or-later
tests += sched/runq_test
src-sched/runq_test := sched/runq.c time/pheap.c
