/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where EFI firmware says that the RSDP is: its system table has a list of
 * GUIDs and addresses.  All of it is only read, at its physical addresses;
 * the firmware's services are never called (decisions/0003).
 */
#include <hv/string.h>
#include "local.h"

#define EFI_SIGNATURE UINT64_C(0x5453595320494249) /* "IBI SYST" */
#define MAX_TABLES 256

struct efi_guid {
    uint64_t lo, hi;
};

struct efi_system_table {
    uint64_t signature;
    uint32_t revision, header_bytes, crc32, reserved;
    uint64_t vendor, vendor_revision, handles[6], runtime, boot;
    uint64_t nr_tables, tables;
};

struct efi_table {
    struct efi_guid guid;
    uint64_t address;
};

/* ACPI 2.0 and later, then 1.0: in order of preference. */
static const struct efi_guid guids[] = {
    { 0x11d3e4f18868e871, 0x81883cc7800022bc },
    { 0x11d32d88eb9d2d30, 0x4dc13f279000169a },
};

uint64_t efi_rsdp(uint64_t systab)
{
    const struct efi_system_table *s = acpi_map(systab, sizeof(*s));
    const struct efi_table *t;
    uint64_t n;

    if (!s || s->signature != EFI_SIGNATURE)
        return 0;
    n = MIN(s->nr_tables, (uint64_t)MAX_TABLES);
    t = n ? acpi_map(s->tables, n * sizeof(*t)) : NULL;
    for (unsigned int g = 0; t && g < ARRAY_SIZE(guids); g++)
        for (uint64_t i = 0; i < n; i++)
            if (!memcmp(&t[i].guid, &guids[g], sizeof(guids[g])))
                return t[i].address;
    return 0;
}
