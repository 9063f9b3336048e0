/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few facts that we need of the ACPI tables (acpi/). */
#pragma once

#include <hv/types.h>

#define MAX_IOAPICS 16
#define MAX_OVERRIDES 24

struct acpi_ioapic {
    uint8_t id;
    uint64_t address;
    uint32_t gsi_base;
};

struct acpi_override {
    uint8_t isa_irq;
    uint32_t gsi;
    bool level, active_low;
};

struct acpi_info {
    uint64_t rsdp; /* where only the firmware's pointer tells; else 0 */
    uint64_t lapic_address;
    unsigned int nr_ioapics, nr_overrides, nr_cpus;
    struct acpi_ioapic ioapic[MAX_IOAPICS];
    struct acpi_override override[MAX_OVERRIDES];
    uint32_t cpu_apic_id[256];
    uint8_t cpu_acpi_id[256];
    uint32_t pm_timer_port; /* 0: none */
    uint32_t pm1a_cnt, pm1b_cnt;
    uint32_t sci_gsi;
    uint64_t hpet_address; /* 0: none */
    uint8_t reset_space, reset_value;
    uint64_t reset_address; /* 0: none */
    volatile uint8_t *reset_mmio;
    uint64_t mcfg_address;
    uint8_t mcfg_start, mcfg_end;
};

extern struct acpi_info acpi;

/* acpi_init - find, check, parse; without tables the PC's defaults stay */
void acpi_init(void);

/* machine_power_off, machine_restart - do not return */
void machine_power_off(void) __attribute__((noreturn));
void machine_restart(void) __attribute__((noreturn));

/* acpi_enter_sleep - XENPF_enter_acpi_sleep: S5 only; -EOPNOTSUPP others */
int acpi_enter_sleep(uint8_t state, uint16_t val_a, uint16_t val_b);
