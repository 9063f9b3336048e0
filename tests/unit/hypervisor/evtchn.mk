# SPDX-License-Identifier: GPL-2.0-or-later
tests += evtchn/evtchn_test evtchn/fifo_test
src-evtchn/evtchn_test := $(addprefix evtchn/, evtchn.c deliver.c two_level.c \
                          fifo.c virq.c evtchn_op.c)
src-evtchn/fifo_test := $(src-evtchn/evtchn_test)
