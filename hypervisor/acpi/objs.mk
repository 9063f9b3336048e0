# SPDX-License-Identifier: GPL-2.0-or-later
objs-acpi := tables.o madt.o fixed.o efi.o power.o
