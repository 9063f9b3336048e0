# SPDX-License-Identifier: GPL-2.0-or-later
tests += evtchn/evtchn_test
src-evtchn/evtchn_test := evtchn/evtchn.c evtchn/two_level.c evtchn/virq.c \
                          evtchn/evtchn_op.c
