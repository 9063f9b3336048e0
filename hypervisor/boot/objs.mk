# SPDX-License-Identifier: GPL-2.0-or-later
objs-boot := head.o trampoline.o bootinfo.o memmap.o init.o dom0_build.o dom0_image.o
