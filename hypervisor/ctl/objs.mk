# SPDX-License-Identifier: GPL-2.0-or-later
objs-ctl :=
objs-ctl += platform_op.o
