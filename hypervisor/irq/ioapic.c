/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOAPICs: global system interrupts (GSI) are their pins, counted through.
 * The low word of each redirection entry is kept, so that masking costs one
 * write and no read.  All functions but ioapic_init(): caller holds LR_IRQ's
 * lock of its table, or is boot.
 */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/errno.h>
#include <hv/hvmap.h>
#include <hv/mm.h>
#include "local.h"

#define IOAPIC_VERSION 1
#define IOAPIC_ARB 2
#define IOAPIC_ENTRY(pin) (0x10 + 2 * (pin))
#define MAX_PINS 240
#define MAX_GSIS 256

#define RTE_ACTIVE_LOW (1U << 13)
#define RTE_LEVEL (1U << 15)
#define RTE_MASKED (1U << 16)
#define RTE_VECTOR 0xffU

static struct ioapic {
    volatile uint32_t *regs; /* window at 0, data at 16 */
    uint64_t base;
    unsigned int gsi_base, nr_pins;
} ioapics[MAX_IOAPICS];
static unsigned int nr_ioapics;

static struct gsi {
    struct ioapic *ioapic; /* NULL: no pin */
    uint8_t pin;
    uint32_t low; /* low word of the redirection entry */
} gsis[MAX_GSIS];
static unsigned int nr_gsis;

static uint32_t reg_read(struct ioapic *io, uint8_t reg)
{
    io->regs[0] = reg;
    return io->regs[4];
}

static void reg_write(struct ioapic *io, uint8_t reg, uint32_t v)
{
    io->regs[0] = reg;
    io->regs[4] = v;
}

bool gsi_valid(unsigned int gsi) { return gsi < nr_gsis && gsis[gsi].ioapic; }

unsigned int gsi_count(void) { return nr_gsis; }

static void gsi_write(struct gsi *g)
{
    reg_write(g->ioapic, IOAPIC_ENTRY(g->pin), g->low);
}

void gsi_set_mode(unsigned int gsi, bool level, bool active_low)
{
    struct gsi *g = &gsis[gsi];
    uint32_t low = g->low & ~(RTE_LEVEL | RTE_ACTIVE_LOW);

    ASSERT(gsi_valid(gsi));
    if (level)
        low |= RTE_LEVEL;
    if (active_low)
        low |= RTE_ACTIVE_LOW;
    if (low == g->low)
        return;
    g->low = low;
    gsi_write(g);
}

bool gsi_is_level(unsigned int gsi)
{
    return gsi_valid(gsi) && (gsis[gsi].low & RTE_LEVEL);
}

void gsi_move(unsigned int gsi, unsigned int cpu)
{
    struct gsi *g = &gsis[gsi];

    reg_write(g->ioapic, IOAPIC_ENTRY(g->pin) + 1, irq_target(cpu) << 24);
}

void gsi_route(unsigned int gsi, uint8_t vector, unsigned int cpu)
{
    struct gsi *g = &gsis[gsi];

    ASSERT(gsi_valid(gsi));
    /* Fixed delivery, physical destination. */
    g->low = (g->low & (RTE_LEVEL | RTE_ACTIVE_LOW)) | RTE_MASKED | vector;
    gsi_write(g);
    gsi_move(gsi, cpu);
}

void gsi_mask(unsigned int gsi)
{
    struct gsi *g = &gsis[gsi];

    ASSERT(gsi_valid(gsi));
    g->low |= RTE_MASKED;
    gsi_write(g);
}

void gsi_unmask(unsigned int gsi)
{
    struct gsi *g = &gsis[gsi];

    ASSERT(gsi_valid(gsi) && (g->low & RTE_VECTOR));
    g->low &= ~RTE_MASKED;
    gsi_write(g);
}

uint32_t gsi_word(unsigned int gsi)
{
    return gsi_valid(gsi) ? gsis[gsi].low : 0;
}

int ioapic_read(uint64_t base, uint32_t reg, uint32_t *val)
{
    for (unsigned int i = 0; i < nr_ioapics; i++) {
        struct ioapic *io = &ioapics[i];

        if (io->base != base)
            continue;
        if (reg > IOAPIC_ARB &&
            (reg < IOAPIC_ENTRY(0) || reg >= IOAPIC_ENTRY(io->nr_pins)))
            return -EINVAL;
        *val = reg_read(io, reg);
        return 0;
    }
    return -EINVAL;
}

static void add_ioapic(const struct acpi_ioapic *a)
{
    struct ioapic *io = &ioapics[nr_ioapics];

    io->regs = hvmap_mmio(a->address, 32);
    if (!io->regs)
        return;
    io->base = a->address;
    io->gsi_base = a->gsi_base;
    io->nr_pins = MIN(((reg_read(io, IOAPIC_VERSION) >> 16) & 0xff) + 1,
                      (uint32_t)MAX_PINS);
    if (a->gsi_base >= MAX_GSIS)
        return;
    io->nr_pins = MIN(io->nr_pins, MAX_GSIS - a->gsi_base);
    nr_ioapics++;
    mmio_deny(mfn(a->address >> PAGE_SHIFT), 1);

    for (unsigned int pin = 0; pin < io->nr_pins; pin++) {
        unsigned int gsi = a->gsi_base + pin;

        /* ISA: edge, high.  PCI: level, low. */
        gsis[gsi] = (struct gsi){
            io, pin, RTE_MASKED | (gsi < 16 ? 0 : RTE_LEVEL | RTE_ACTIVE_LOW)
        };
        gsi_write(&gsis[gsi]);
        nr_gsis = MAX(nr_gsis, gsi + 1);
    }
    log_info("ioapic: GSI %u-%u at %#lx\n", io->gsi_base,
             io->gsi_base + io->nr_pins - 1, io->base);
}

void ioapic_init(void)
{
    for (unsigned int i = 0; i < acpi.nr_ioapics; i++)
        add_ioapic(&acpi.ioapic[i]);
    for (unsigned int i = 0; i < acpi.nr_overrides; i++) {
        const struct acpi_override *o = &acpi.override[i];

        if (gsi_valid(o->gsi))
            gsi_set_mode(o->gsi, o->level, o->active_low);
    }
}
