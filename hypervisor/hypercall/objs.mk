# SPDX-License-Identifier: GPL-2.0-or-later
objs-hypercall := table.o multicall.o misc.o
