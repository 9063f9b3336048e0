/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding ACPI tables.  Firmware is as untrusted as a file: no table is
 * believed before its length and checksum have been looked at.
 */
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/frame.h>
#include <hv/hvmap.h>
#include <hv/string.h>
#include "local.h"

#define MAX_TABLE (4U << 20)
#define BIOS_START 0xe0000UL
#define BIOS_END 0x100000UL
#define EBDA_POINTER 0x40eUL /* segment of the extended BIOS data area */

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length; /* from here on: revision 2 */
    uint64_t xsdt;
    uint8_t full_checksum, reserved[3];
} __attribute__((packed));

#define RSDP_V1_BYTES 20

static struct {
    const struct acpi_header *table; /* NULL: no tables */
    unsigned int entry_bytes;        /* 4 for RSDT, 8 for XSDT */
} root;

static bool in_ram(uint64_t phys, size_t len)
{
    for (unsigned int i = 0; i < nr_memmap; i++)
        if (memmap[i].type == MEM_RAM && phys >= memmap[i].start &&
            phys + len <= memmap[i].end)
            return true;
    return false;
}

const void *acpi_map(uint64_t phys, size_t len)
{
    if (!phys || phys + len < phys || phys + len > 1UL << 52)
        return NULL;
    if (in_ram(phys, len))
        return (const char *)mfn_to_virt(mfn(phys >> PAGE_SHIFT)) +
               (phys & ~PAGE_MASK);
    return hvmap_mmio(phys, len);
}

static bool sums_to_zero(const void *p, size_t len)
{
    const uint8_t *b = p;
    uint8_t sum = 0;

    while (len--)
        sum += *b++;
    return sum == 0;
}

const struct acpi_header *acpi_table_at(uint64_t phys, const char *signature)
{
    const struct acpi_header *h = acpi_map(phys, sizeof(*h));
    uint32_t length;

    if (!h || (signature && memcmp(h->signature, signature, 4)))
        return NULL;
    length = h->length;
    if (length < sizeof(*h) || length > MAX_TABLE) {
        log_warn("ACPI: %.4s at %#lx: bad length %u\n", h->signature, phys,
                 length);
        return NULL;
    }

    h = acpi_map(phys, length);
    if (!h || h->length != length)
        return NULL;
    if (!sums_to_zero(h, length)) {
        log_warn("ACPI: %.4s at %#lx: bad checksum\n", h->signature, phys);
        return NULL;
    }
    return h;
}

static const struct rsdp *rsdp_check(const struct rsdp *r, size_t room)
{
    if (room < RSDP_V1_BYTES || memcmp(r->signature, "RSD PTR ", 8) ||
        !sums_to_zero(r, RSDP_V1_BYTES))
        return NULL;
    if (r->revision >= 2 && (room < sizeof(*r) || r->length < sizeof(*r) ||
                             r->length > room || !sums_to_zero(r, r->length)))
        return NULL;
    return r;
}

static const struct rsdp *rsdp_scan(uint64_t start, uint64_t end)
{
    const char *p = acpi_map(start, end - start);

    for (size_t off = 0; p && off < end - start; off += 16) {
        const struct rsdp *r =
            rsdp_check((const void *)(p + off), end - start - off);

        if (r)
            return r;
    }
    return NULL;
}

static const struct rsdp *rsdp_search(void)
{
    const uint16_t *pointer = acpi_map(EBDA_POINTER, sizeof(*pointer));
    uint64_t ebda = pointer ? (uint64_t)*pointer << 4 : 0;
    const struct rsdp *r = NULL;

    if (ebda >= 0x80000 && ebda < 0xa0000)
        r = rsdp_scan(ebda, MIN(ebda + 1024, 0xa0000UL));
    return r ? r : rsdp_scan(BIOS_START, BIOS_END);
}

bool acpi_find_root(uint64_t rsdp, bool search)
{
    const struct rsdp *r = NULL;

    root.table = NULL;
    if (rsdp) {
        r = acpi_map(rsdp, sizeof(*r));
        r = r ? rsdp_check(r, sizeof(*r)) : NULL;
    }
    if (!r && search)
        r = rsdp_search();
    if (!r)
        return false;

    if (r->revision >= 2 && r->xsdt) {
        root.table = acpi_table_at(r->xsdt, "XSDT");
        root.entry_bytes = 8;
    }
    if (!root.table) {
        root.table = acpi_table_at(r->rsdt, "RSDT");
        root.entry_bytes = 4;
    }
    return root.table;
}

const struct acpi_header *acpi_find(const char *signature)
{
    const char *entries;
    size_t n;

    if (!root.table)
        return NULL;
    entries = (const char *)(root.table + 1);
    n = (root.table->length - sizeof(*root.table)) / root.entry_bytes;
    for (size_t i = 0; i < n; i++) {
        const struct acpi_header *h;
        uint64_t phys = 0;

        memcpy(&phys, entries + i * root.entry_bytes, root.entry_bytes);
        h = acpi_table_at(phys, signature);
        if (h)
            return h;
    }
    return NULL;
}
