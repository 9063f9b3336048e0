# SPDX-License-Identifier: GPL-2.0-or-later
tests += console/printf_test
src-console/printf_test := console/printf.c
