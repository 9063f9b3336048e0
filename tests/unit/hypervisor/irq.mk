# SPDX-License-Identifier: GPL-2.0-or-later
tests += irq/ports_test
src-irq/ports_test := irq/ports.c
