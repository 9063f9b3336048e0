/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layouts of ACPI tables (ACPI 6.4, chapter 5) and their finder. */
#pragma once

#include <hv/types.h>

struct acpi_header {
    char signature[4];
    uint32_t length; /* bytes, header included */
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

struct acpi_gas {
    uint8_t space, bits, offset, access;
    uint64_t address;
} __attribute__((packed));

#define ACPI_SPACE_MEMORY 0
#define ACPI_SPACE_IO 1
#define ACPI_SPACE_PCI 2

/**
 * acpi_map - read firmware memory
 * @phys, @len: any range outside or inside RAM
 *
 * Returns: where it can be read; NULL if it wraps or cannot be mapped.
 */
const void *acpi_map(uint64_t phys, size_t len);

/**
 * acpi_table_at - a table whose signature, length and checksum are right
 * @signature: four letters, or NULL for any
 *
 * Returns: header with `length' readable bytes, or NULL.
 */
const struct acpi_header *acpi_table_at(uint64_t phys, const char *signature);

/* acpi_find - the first good table with this signature, or NULL */
const struct acpi_header *acpi_find(const char *signature);

/**
 * acpi_find_root - RSDP, then XSDT or RSDT
 * @rsdp: a physical address that may be one, or 0; @search: else look where
 *        a BIOS puts it
 *
 * Returns: false if there is none, or none to be believed.
 */
bool acpi_find_root(uint64_t rsdp, bool search);

/* efi_rsdp - RSDP that the EFI system table at @systab names, or 0 */
uint64_t efi_rsdp(uint64_t systab);

/* madt_parse - fill in what the MADT tells of `acpi' */
void madt_parse(const struct acpi_header *h);

/* Sleep types of \_S5 in the DSDT; power.c uses them without dom0's help. */
struct acpi_s5 {
    bool known;
    uint8_t a, b; /* SLP_TYP for PM1a and PM1b */
};

extern struct acpi_s5 acpi_s5;
