/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MADT: processors, interrupt controllers, ISA interrupts elsewhere. */
#include <hv/acpi.h>
#include <hv/console.h>
#include "local.h"

#define MADT_LAPIC 0
#define MADT_IOAPIC 1
#define MADT_OVERRIDE 2
#define MADT_LAPIC_ADDRESS 5
#define MADT_X2APIC 9

#define MADT_CPU_ENABLED 1

/* Polarity and trigger of an override: 0 is "as the bus has it" (ISA). */
#define MPS_ACTIVE_LOW 3
#define MPS_LEVEL (3 << 2)

struct madt {
    struct acpi_header header;
    uint32_t lapic_address, flags;
} __attribute__((packed));

struct madt_lapic {
    uint8_t type, length, acpi_id, apic_id;
    uint32_t flags;
} __attribute__((packed));

struct madt_ioapic {
    uint8_t type, length, id, reserved;
    uint32_t address, gsi_base;
} __attribute__((packed));

struct madt_override {
    uint8_t type, length, bus, source;
    uint32_t gsi;
    uint16_t flags;
} __attribute__((packed));

struct madt_lapic_address {
    uint8_t type, length, reserved[2];
    uint64_t address;
} __attribute__((packed));

struct madt_x2apic {
    uint8_t type, length, reserved[2];
    uint32_t apic_id, flags, acpi_id;
} __attribute__((packed));

static void add_cpu(uint32_t apic_id, uint32_t acpi_id, uint32_t flags)
{
    if (!(flags & MADT_CPU_ENABLED))
        return;
    if (acpi.nr_cpus == ARRAY_SIZE(acpi.cpu_apic_id))
        return;
    acpi.cpu_apic_id[acpi.nr_cpus] = apic_id;
    acpi.cpu_acpi_id[acpi.nr_cpus] = acpi_id;
    acpi.nr_cpus++;
}

static void parse_lapic(const void *entry)
{
    const struct madt_lapic *e = entry;

    add_cpu(e->apic_id, e->acpi_id, e->flags);
}

static void parse_x2apic(const void *entry)
{
    const struct madt_x2apic *e = entry;

    add_cpu(e->apic_id, e->acpi_id, e->flags);
}

static void parse_ioapic(const void *entry)
{
    const struct madt_ioapic *e = entry;

    if (acpi.nr_ioapics == MAX_IOAPICS || !e->address) {
        log_warn("ACPI: IOAPIC at %#x ignored\n", e->address);
        return;
    }
    acpi.ioapic[acpi.nr_ioapics++] = (struct acpi_ioapic){
        .id = e->id, .address = e->address, .gsi_base = e->gsi_base
    };
}

static void parse_override(const void *entry)
{
    const struct madt_override *e = entry;

    if (acpi.nr_overrides == MAX_OVERRIDES || e->source > 15) {
        log_warn("ACPI: override of IRQ %u ignored\n", e->source);
        return;
    }
    acpi.override[acpi.nr_overrides++] = (struct acpi_override){
        .isa_irq = e->source,
        .gsi = e->gsi,
        .level = (e->flags & MPS_LEVEL) == MPS_LEVEL,
        .active_low = (e->flags & MPS_ACTIVE_LOW) == MPS_ACTIVE_LOW,
    };
}

static void parse_lapic_address(const void *entry)
{
    acpi.lapic_address = ((const struct madt_lapic_address *)entry)->address;
}

// clang-format off
static const struct {
    void (*parse)(const void *entry);
    uint8_t bytes; /* an entry that is shorter is ignored */
} entries[] = {
    [MADT_LAPIC]         = { parse_lapic,         sizeof(struct madt_lapic) },
    [MADT_IOAPIC]        = { parse_ioapic,        sizeof(struct madt_ioapic) },
    [MADT_OVERRIDE]      = { parse_override,      sizeof(struct madt_override) },
    [MADT_LAPIC_ADDRESS] = { parse_lapic_address, sizeof(struct madt_lapic_address) },
    [MADT_X2APIC]        = { parse_x2apic,        sizeof(struct madt_x2apic) },
};
// clang-format on

void madt_parse(const struct acpi_header *h)
{
    const uint8_t *p = (const uint8_t *)h + sizeof(struct madt);
    const uint8_t *end = (const uint8_t *)h + h->length;

    if (h->length < sizeof(struct madt))
        return;
    acpi.lapic_address = ((const struct madt *)h)->lapic_address;
    while (end - p >= 2 && p[1] >= 2 && p[1] <= end - p) {
        if (p[0] < ARRAY_SIZE(entries) && entries[p[0]].parse &&
            p[1] >= entries[p[0]].bytes)
            entries[p[0]].parse(p);
        p += p[1];
    }
}
