/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turning the machine off, and starting it again. */
#include <hv/acpi.h>
#include <hv/clock.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <x86/insn.h>
#include "local.h"

#define SLP_TYP_SHIFT 10
#define SLP_EN (1U << 13)
#define PM1_KEEP 0x0003U /* SCI_EN, BM_RLD */

#define KBC_STATUS 0x64
#define KBC_BUSY 0x02
#define KBC_PULSE_RESET 0xfe
#define RESET_CONTROL 0xcf9
#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc

int acpi_enter_sleep(uint8_t state, uint16_t val_a, uint16_t val_b)
{
    if (state != 5)
        return -EOPNOTSUPP;
    if (!acpi.pm1a_cnt)
        return -EOPNOTSUPP;

    log_info("power off\n");
    console_sync();
    outw(acpi.pm1a_cnt, val_a);
    if (acpi.pm1b_cnt)
        outw(acpi.pm1b_cnt, val_b);
    delay_us(200000); /* the chipset takes its time */
    return 0;
}

static uint16_t pm1_value(uint32_t port, uint8_t typ)
{
    return (inw(port) & PM1_KEEP) | typ << SLP_TYP_SHIFT | SLP_EN;
}

void machine_power_off(void)
{
    if (acpi.pm1a_cnt && acpi_s5.known)
        acpi_enter_sleep(5, pm1_value(acpi.pm1a_cnt, acpi_s5.a),
                         acpi.pm1b_cnt ? pm1_value(acpi.pm1b_cnt, acpi_s5.b)
                                       : 0);
    smp_stop_others();
    log_err("the machine may be switched off now\n");
    console_sync();
    for (;;) {
        cli();
        hlt();
    }
}

static void reset_by_acpi(void)
{
    uint64_t a = acpi.reset_address;

    if (!a)
        return;
    switch (acpi.reset_space) {
    case ACPI_SPACE_IO:
        if (a < 0x10000)
            outb(a, acpi.reset_value);
        break;
    case ACPI_SPACE_MEMORY:
        if (acpi.reset_mmio)
            *acpi.reset_mmio = acpi.reset_value;
        break;
    case ACPI_SPACE_PCI: /* bus 0; device, function, register in the words */
        outl(PCI_ADDRESS,
             1U << 31 | (a >> 32 & 31) << 11 | (a >> 16 & 7) << 8 | (a & 0xfc));
        outb(PCI_DATA + (a & 3), acpi.reset_value);
        break;
    }
}

static void reset_by_cf9(void)
{
    uint8_t v = inb(RESET_CONTROL) & ~6;

    outb(RESET_CONTROL, v | 2); /* a full reset ... */
    delay_us(50);
    outb(RESET_CONTROL, v | 6); /* ... now */
}

static void reset_by_keyboard(void)
{
    for (unsigned int i = 0; i < 10000 && (inb(KBC_STATUS) & KBC_BUSY); i++)
        delay_us(2);
    outb(KBC_STATUS, KBC_PULSE_RESET);
}

void machine_restart(void)
{
    static void (*const ways[])(void) = { reset_by_acpi, reset_by_keyboard,
                                          reset_by_cf9 };
    const struct desc_ptr none = { 0, 0 };

    cli();
    smp_stop_others();
    log_info("restart\n");
    console_sync();
    for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
        ways[i]();
        delay_us(50000);
    }

    /* An exception without a table: the processor shuts down. */
    lidt(&none);
    __builtin_trap();
}
