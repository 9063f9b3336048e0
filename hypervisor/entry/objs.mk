# SPDX-License-Identifier: GPL-2.0-or-later
objs-entry := syscall.o exception.o thunk.o
