# SPDX-License-Identifier: GPL-2.0-or-later
tests += lib/cmdline_test lib/elf_test
src-lib/cmdline_test := lib/cmdline.c lib/string.c
src-lib/elf_test := lib/elf.c lib/string.c
