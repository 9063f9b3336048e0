/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of irq/ share. */
#pragma once

#include <hv/lock.h>
#include <hv/types.h>
#include <x86/insn.h>
#include <xen/physdev.h>
#include <xen/xen.h>

struct domain;
struct vcpu;

/* lapic.c */
void lapic_init(void);
void lapic_eoi(void);

/* ioapic.c: global system interrupts, the pins of all IOAPICs */

void ioapic_init(void);

/* Is there a pin for this number? */
bool gsi_valid(unsigned int gsi);

/* One above the highest number that has a pin. */
unsigned int gsi_count(void);

/**
 * gsi_set_mode - trigger and polarity, as ACPI or dom0 knows them
 *
 * A routed pin is programmed anew at once.  @gsi must be valid.
 */
void gsi_set_mode(unsigned int gsi, bool level, bool active_low);
bool gsi_is_level(unsigned int gsi);

/* gsi_route - deliver @gsi as @vector to CPU @cpu; leaves it masked */
void gsi_route(unsigned int gsi, uint8_t vector, unsigned int cpu);

/* gsi_move - from now on to CPU @cpu */
void gsi_move(unsigned int gsi, unsigned int cpu);
void gsi_mask(unsigned int gsi);
void gsi_unmask(unsigned int gsi);

/* gsi_word - low word of the pin's redirection entry, for the debug key */
uint32_t gsi_word(unsigned int gsi);

/* ioapic_read - register @reg of the IOAPIC at @base; 0, -EINVAL */
int ioapic_read(uint64_t base, uint32_t reg, uint32_t *val);

/* port_read, port_write - by width: 1, 2 or 4 bytes */
static inline uint32_t port_read(uint16_t port, unsigned int bytes)
{
    return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

static inline void port_write(uint16_t port, unsigned int bytes, uint32_t v)
{
    if (bytes == 1)
        outb(port, v);
    else if (bytes == 2)
        outw(port, v);
    else
        outl(port, v);
}

/* irq.c: vectors */

/* irq_target - the APIC that devices get as their destination for @cpu */
uint32_t irq_target(unsigned int cpu);

typedef void irq_handler(void *arg);

/* vector_alloc - a vector that calls @fn(@arg); 0: none left */
uint8_t vector_alloc(irq_handler *fn, void *arg);
void vector_free(uint8_t vector);

/* gsi_is_ours - does the hypervisor itself use it? */
bool gsi_is_ours(unsigned int gsi);

/* pirq.c: interrupts as the hardware domain numbers them */

#define NR_PIRQS 256

enum pirq_kind { PIRQ_NONE, PIRQ_GSI, PIRQ_MSI };

/* Where one message-signalled interrupt is programmed. */
struct msi {
    uint16_t bdf;   /* bus, device, function */
    uint8_t cap;    /* the capability's place in configuration space */
    bool wide;      /* MSI: 64-bit address */
    uint16_t index; /* MSI-X: entry of the table */
    volatile uint32_t *entry; /* MSI-X: the table's entry; NULL: MSI */
};

struct pirq {
    uint8_t kind;   /* enum pirq_kind */
    uint8_t vector; /* 0: never bound */
    bool held;      /* level, delivered, masked until the guest's EOI */
    uint16_t number;
    uint32_t port; /* event channel, 0: not bound */
    uint32_t cpu;  /* where it goes while it is bound */
    struct domain *domain;
    struct msi msi;
};

struct pirq_table {
    struct lock lock; /* LR_IRQ: all of it */
    uint8_t *eoi_map; /* our mapping of the guest's bitmap, or NULL */
    mfn_t eoi_map_mfn;
    struct pirq pirq[NR_PIRQS];
};

/* pirq_map_gsi - give @d pirq number @gsi; 0, -EINVAL no such pin */
int pirq_map_gsi(struct domain *d, unsigned int gsi);

/* pirq_map_msi - a new number for @m; -EBUSY it has one, -ENOSPC */
int pirq_map_msi(struct domain *d, const struct msi *m);

/* pirq_unmap - stop and forget @pirq; -EINVAL not mapped */
int pirq_unmap(struct domain *d, unsigned int pirq);

/* pirq_needs_eoi - 1 yes, 0 no, -EINVAL no such number */
int pirq_needs_eoi(struct domain *d, unsigned int pirq);

/* pirq_set_eoi_map - bitmap page of @d; -EBUSY it has one; -EINVAL */
int pirq_set_eoi_map(struct domain *d, mfn_t m);

/* pirq_mode_changed - the trigger of @gsi was set: bitmap, held state */
void pirq_mode_changed(struct domain *d, unsigned int gsi);

/* msi.c */

/**
 * msi_find - look @bdf's capability up
 * @msix, @index: which kind; entry of the table
 *
 * Returns: 0; -ENODEV no such device or capability; -EINVAL @index is not
 * in the table, or the table is not where a device's memory can be.
 */
int msi_find(uint16_t bdf, bool msix, unsigned int index, struct msi *out);

/* msi_program - send @vector to CPU @cpu, and unmask; msi_mask - stop */
void msi_program(const struct msi *m, uint8_t vector, unsigned int cpu);
void msi_mask(const struct msi *m);

/* pci.c: configuration space by ports; @reg is aligned to @bytes (1, 2, 4) */
uint32_t pci_read(uint16_t bdf, unsigned int reg, unsigned int bytes);
void pci_write(uint16_t bdf, unsigned int reg, unsigned int bytes, uint32_t v);

/* pci_data_read, pci_data_write - an access to 0xcfc-0xcff after latch @cf8 */
uint32_t pci_data_read(uint32_t cf8, uint16_t port, unsigned int bytes);
void pci_data_write(uint32_t cf8, uint16_t port, unsigned int bytes,
                    uint32_t v);
