# SPDX-License-Identifier: GPL-2.0-or-later
tests += boot/bootinfo_test
src-boot/bootinfo_test := boot/bootinfo.c
