# SPDX-License-Identifier: GPL-2.0-or-later
tests += time/scale_test time/timer_test
src-time/scale_test := time/scale.c
src-time/timer_test := time/timer.c time/pheap.c

# What another CPU does at the worst moment.
$(OUT)/time/timer_test: CFLAGS := -I$(HERE)/time/fake $(CFLAGS)
