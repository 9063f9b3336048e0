/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Message-signalled interrupts.  dom0 sets the enable bits of the
 * capabilities itself; address, data and the masks of MSI-X entries are
 * ours, because they name vectors and CPUs.
 */
#include <hv/errno.h>
#include <hv/frame.h>
#include <hv/hvmap.h>
#include "local.h"

#define PCI_VENDOR 0x00
#define PCI_STATUS 0x06
#define PCI_HEADER_TYPE 0x0e
#define PCI_BAR0 0x10
#define PCI_CAPABILITIES 0x34
#define STATUS_HAS_CAPS 0x10
#define CAP_MSI 0x05
#define CAP_MSIX 0x11

#define MSI_CONTROL 2
#define MSI_ADDRESS 4
#define MSI_DATA_32 8
#define MSI_DATA_64 12
#define MSI_CONTROL_64BIT 0x80

#define MSIX_CONTROL 2
#define MSIX_TABLE 4
#define MSIX_SIZE_MASK 0x7ff
#define MSIX_ENTRY_BYTES 16
#define MSIX_MASKED 1

#define BAR_IO 1
#define BAR_64BIT 4
#define MSI_BASE 0xfee00000U

static uint8_t find_capability(uint16_t bdf, uint8_t id)
{
    uint8_t pos;

    if (pci_read(bdf, PCI_VENDOR, 2) == 0xffff ||
        !(pci_read(bdf, PCI_STATUS, 2) & STATUS_HAS_CAPS))
        return 0;
    pos = pci_read(bdf, PCI_CAPABILITIES, 1) & ~3;
    /* A list of at most 48 fits into the 192 bytes behind the header. */
    for (unsigned int i = 0; i < 48 && pos >= 0x40; i++) {
        if (pci_read(bdf, pos, 1) == id)
            return pos;
        pos = pci_read(bdf, pos + 1, 1) & ~3;
    }
    return 0;
}

/* Physical address in base address register @bir; 0: none of memory. */
static uint64_t bar_address(uint16_t bdf, unsigned int bir)
{
    unsigned int nr = pci_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f ? 2 : 6;
    uint64_t bar;

    if (bir >= nr)
        return 0;
    bar = pci_read(bdf, PCI_BAR0 + bir * 4, 4);
    if (bar & BAR_IO)
        return 0;
    if (bar & BAR_64BIT) {
        if (bir + 1 >= nr)
            return 0;
        bar |= (uint64_t)pci_read(bdf, PCI_BAR0 + bir * 4 + 4, 4) << 32;
    }
    return bar & ~15UL;
}

/*
 * Mappings of MSI-X tables: kept for good and found again by address, since
 * drivers come and go but devices stay.
 */
#define MAX_TABLES 128

static struct {
    uint64_t phys;
    unsigned int entries;
    volatile uint32_t *va;
} tables[MAX_TABLES];
static unsigned int nr_tables;

static volatile uint32_t *map_table(uint64_t phys, unsigned int entries)
{
    for (unsigned int i = 0; i < nr_tables; i++)
        if (tables[i].phys == phys && tables[i].entries >= entries)
            return tables[i].va;
    if (nr_tables == MAX_TABLES)
        return NULL;
    tables[nr_tables].va = hvmap_mmio(phys, entries * MSIX_ENTRY_BYTES);
    if (!tables[nr_tables].va)
        return NULL;
    tables[nr_tables].phys = phys;
    tables[nr_tables].entries = entries;
    return tables[nr_tables++].va;
}

static int find_msix(struct msi *m, unsigned int index)
{
    unsigned int entries =
        (pci_read(m->bdf, m->cap + MSIX_CONTROL, 2) & MSIX_SIZE_MASK) + 1;
    uint32_t table = pci_read(m->bdf, m->cap + MSIX_TABLE, 4);
    uint64_t phys = bar_address(m->bdf, table & 7);
    volatile uint32_t *va;

    if (index >= entries || !phys)
        return -EINVAL;
    phys += table & ~7U;
    if (frame_valid(mfn(phys >> PAGE_SHIFT)))
        return -EINVAL;
    va = map_table(phys, entries);
    if (!va)
        return -ENOMEM;
    m->index = index;
    m->entry = va + index * (MSIX_ENTRY_BYTES / sizeof(*va));
    return 0;
}

int msi_find(uint16_t bdf, bool msix, unsigned int index, struct msi *out)
{
    *out = (struct msi){ .bdf = bdf };
    out->cap = find_capability(bdf, msix ? CAP_MSIX : CAP_MSI);
    if (!out->cap)
        return -ENODEV;
    if (msix)
        return find_msix(out, index);
    out->wide = pci_read(bdf, out->cap + MSI_CONTROL, 2) & MSI_CONTROL_64BIT;
    return 0;
}

void msi_program(const struct msi *m, uint8_t vector, unsigned int cpu)
{
    uint32_t address = MSI_BASE | irq_target(cpu) << 12; /* physical, fixed */

    if (m->entry) {
        m->entry[3] |= MSIX_MASKED;
        m->entry[0] = address;
        m->entry[1] = 0;
        m->entry[2] = vector;
        m->entry[3] &= ~MSIX_MASKED;
        return;
    }
    pci_write(m->bdf, m->cap + MSI_ADDRESS, 4, address);
    if (m->wide)
        pci_write(m->bdf, m->cap + MSI_ADDRESS + 4, 4, 0);
    pci_write(m->bdf, m->cap + (m->wide ? MSI_DATA_64 : MSI_DATA_32), 2,
              vector);
}

/* MSI has no mask that every device knows; dom0 disables the capability. */
void msi_mask(const struct msi *m)
{
    if (m->entry)
        m->entry[3] |= MSIX_MASKED;
}
