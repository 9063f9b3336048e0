# SPDX-License-Identifier: GPL-2.0-or-later
objs-irq := lapic.o ioapic.o irq.o pirq.o msi.o physdev_op.o ports.o pci.o
