# SPDX-License-Identifier: GPL-2.0-or-later
objs-lib := string.o elf.o cmdline.o
