# SPDX-License-Identifier: GPL-2.0-or-later
tests += console/printf_test console/input_test
src-console/printf_test := console/printf.c
src-console/input_test := console/input.c
