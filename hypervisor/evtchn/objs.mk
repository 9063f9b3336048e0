# SPDX-License-Identifier: GPL-2.0-or-later
objs-evtchn := evtchn.o two_level.o virq.o evtchn_op.o
