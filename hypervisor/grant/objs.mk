# SPDX-License-Identifier: GPL-2.0-or-later
objs-grant := table.o use.o maptrack.o map.o copy.o grant_op.o
