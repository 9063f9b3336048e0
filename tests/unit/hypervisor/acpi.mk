# SPDX-License-Identifier: GPL-2.0-or-later
tests += acpi/tables_test
src-acpi/tables_test := acpi/tables.c acpi/madt.c acpi/fixed.c acpi/efi.c
