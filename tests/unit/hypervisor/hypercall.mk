# SPDX-License-Identifier: GPL-2.0-or-later
tests += hypercall/table_test
src-hypercall/table_test := hypercall/table.c hypercall/multicall.c
