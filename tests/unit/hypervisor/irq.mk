# SPDX-License-Identifier: GPL-2.0-or-later
tests += irq/ports_test irq/lapic_test
src-irq/ports_test := irq/ports.c
src-irq/lapic_test := irq/lapic.c
