# SPDX-License-Identifier: GPL-2.0-or-later
objs-evtchn := evtchn.o deliver.o two_level.o fifo.o virq.o evtchn_op.o
