/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI configuration space, by the address and data ports. */
#include <hv/lock.h>
#include <x86/insn.h>
#include "local.h"

#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc
#define PCI_ENABLE (1U << 31)

/* The two ports belong together: no access of another CPU in between. */
static struct lock pci_lock = LOCK_INIT(LR_PCI);

uint32_t pci_data_read(uint32_t cf8, uint16_t port, unsigned int bytes)
{
    uint32_t v;

    lock_take(&pci_lock);
    outl(PCI_ADDRESS, cf8);
    v = port_read(port, bytes);
    lock_release(&pci_lock);
    return v;
}

void pci_data_write(uint32_t cf8, uint16_t port, unsigned int bytes, uint32_t v)
{
    lock_take(&pci_lock);
    outl(PCI_ADDRESS, cf8);
    port_write(port, bytes, v);
    lock_release(&pci_lock);
}

static uint32_t address(uint16_t bdf, unsigned int reg)
{
    return PCI_ENABLE | (uint32_t)bdf << 8 | (reg & 0xfc);
}

uint32_t pci_read(uint16_t bdf, unsigned int reg, unsigned int bytes)
{
    return pci_data_read(address(bdf, reg), PCI_DATA + (reg & 3), bytes);
}

void pci_write(uint16_t bdf, unsigned int reg, unsigned int bytes, uint32_t v)
{
    pci_data_write(address(bdf, reg), PCI_DATA + (reg & 3), bytes, v);
}
