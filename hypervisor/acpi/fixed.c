/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of one purpose each: FADT (power management ports, restart), HPET,
 * MCFG; and \_S5 out of the DSDT, found by its byte pattern alone.
 */
#include <hv/acpi.h>
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/hvmap.h>
#include <hv/string.h>
#include "local.h"

struct fadt {
    struct acpi_header header;
    uint32_t firmware_ctrl, dsdt;
    uint8_t reserved0, profile;
    uint16_t sci;
    uint32_t smi_cmd;
    uint8_t acpi_enable, acpi_disable, s4bios, pstate;
    uint32_t pm1a_evt, pm1b_evt, pm1a_cnt, pm1b_cnt, pm2_cnt, pm_tmr;
    uint32_t gpe0, gpe1;
    uint8_t pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len;
    uint8_t lengths[4];
    uint16_t latencies[4];
    uint8_t duty[2], alarms[2], century;
    uint16_t boot_flags;
    uint8_t reserved1;
    uint32_t flags; /* end of revision 1 */
    struct acpi_gas reset;
    uint8_t reset_value;
    uint16_t arm_flags;
    uint8_t minor;
    uint64_t x_firmware_ctrl, x_dsdt;
    struct acpi_gas x_pm1a_evt, x_pm1b_evt, x_pm1a_cnt, x_pm1b_cnt;
    struct acpi_gas x_pm2_cnt, x_pm_tmr;
} __attribute__((packed));

#define FADT_RESET (1U << 10)

struct hpet {
    struct acpi_header header;
    uint32_t block_id;
    struct acpi_gas address;
} __attribute__((packed));

struct mcfg {
    struct acpi_header header;
    uint8_t reserved[8];
    uint64_t address;
    uint16_t segment;
    uint8_t start, end, reserved1[4];
} __attribute__((packed));

struct acpi_s5 acpi_s5;

/* A port from the 64-bit field if that is an I/O port, else the old field. */
static uint32_t io_port(const struct acpi_gas *gas, uint32_t old)
{
    if (gas && gas->space == ACPI_SPACE_IO && gas->address &&
        gas->address < 0x10000)
        return gas->address;
    return old < 0x10000 ? old : 0;
}

/* An AML integer of one byte at @p; advances.  -1: something else. */
static int aml_byte(const uint8_t **p, const uint8_t *end)
{
    if (end - *p >= 1 && (**p == 0 || **p == 1))
        return *(*p)++; /* ZeroOp, OneOp */
    if (end - *p >= 2 && **p == 0x0a) {
        *p += 2;
        return (*p)[-1];
    }
    return -1;
}

/*
 * Name (_S5_, Package { SLP_TYPa, SLP_TYPb, ... }): NameOp or a root prefix,
 * the name, PackageOp, its length in 1-4 bytes, the element count.
 */
static void find_s5(const struct acpi_header *dsdt)
{
    const uint8_t *p = (const uint8_t *)(dsdt + 1);
    const uint8_t *end = (const uint8_t *)dsdt + dsdt->length;

    for (; end - p >= 8; p++) {
        const uint8_t *q = p + 5;
        int a, b;

        if (memcmp(p, "_S5_\x12", 5))
            continue;
        q += 1 + (*q >> 6) + 1;
        if (q >= end || q[-1] < 1)
            return;
        a = aml_byte(&q, end);
        b = q[0] == 0 && a < 0 ? -1 : aml_byte(&q, end);
        if (a < 0 || a > 7)
            return;
        acpi_s5.known = true;
        acpi_s5.a = a;
        acpi_s5.b = b >= 0 && b <= 7 ? b : a;
        return;
    }
}

static void fadt_parse(const struct acpi_header *h)
{
    const struct fadt *f = (const struct fadt *)h;
    const struct acpi_header *dsdt = NULL;

    if (h->length < offsetof(struct fadt, gpe0))
        return;
    bool x = h->length >= sizeof(*f);

    acpi.sci_gsi = f->sci;
    acpi.pm1a_cnt = io_port(x ? &f->x_pm1a_cnt : NULL, f->pm1a_cnt);
    acpi.pm1b_cnt = io_port(x ? &f->x_pm1b_cnt : NULL, f->pm1b_cnt);
    acpi.pm_timer_port = io_port(x ? &f->x_pm_tmr : NULL, f->pm_tmr);

    if (h->length >= offsetof(struct fadt, arm_flags) &&
        (f->flags & FADT_RESET)) {
        acpi.reset_space = f->reset.space;
        acpi.reset_address = f->reset.address;
        acpi.reset_value = f->reset_value;
        if (f->reset.space == ACPI_SPACE_MEMORY)
            acpi.reset_mmio = hvmap_mmio(f->reset.address, 1);
    }

    if (h->length >= offsetof(struct fadt, x_pm1a_evt) && f->x_dsdt)
        dsdt = acpi_table_at(f->x_dsdt, "DSDT");
    if (!dsdt)
        dsdt = acpi_table_at(f->dsdt, "DSDT");
    if (dsdt)
        find_s5(dsdt);
}

static void hpet_parse(const struct acpi_header *h)
{
    const struct hpet *t = (const struct hpet *)h;

    if (h->length >= sizeof(*t) && t->address.space == ACPI_SPACE_MEMORY)
        acpi.hpet_address = t->address.address;
}

static void mcfg_parse(const struct acpi_header *h)
{
    const struct mcfg *t = (const struct mcfg *)h;

    if (h->length < sizeof(*t) || t->segment)
        return;
    acpi.mcfg_address = t->address;
    acpi.mcfg_start = t->start;
    acpi.mcfg_end = t->end;
}

struct acpi_info acpi = { .lapic_address = 0xfee00000 };

/* Without a MADT: one processor, one IOAPIC where PCs have it. */
static void assume_pc(void)
{
    if (!acpi.nr_cpus)
        acpi.nr_cpus = 1; /* APIC id 0 */
    if (!acpi.nr_ioapics) {
        acpi.nr_ioapics = 1;
        acpi.ioapic[0].address = 0xfec00000;
    }
}

/* Tables of EFI lie where a search of BIOS areas does not find them. */
static bool find_root(void)
{
    uint64_t rsdp = efi_rsdp(boot_info.efi_systab);

    if (!rsdp)
        rsdp = boot_info.rsdp;
    if (!rsdp || !acpi_find_root(rsdp, false))
        return acpi_find_root(boot_info.rsdp_copy, true);
    acpi.rsdp = rsdp;
    return true;
}

void acpi_init(void)
{
    static const struct {
        const char *signature;
        void (*parse)(const struct acpi_header *h);
    } tables[] = {
        { "APIC", madt_parse },
        { "FACP", fadt_parse },
        { "HPET", hpet_parse },
        { "MCFG", mcfg_parse },
    };

    if (find_root()) {
        for (unsigned int i = 0; i < ARRAY_SIZE(tables); i++) {
            const struct acpi_header *h = acpi_find(tables[i].signature);

            if (h)
                tables[i].parse(h);
        }
    } else {
        log_warn("ACPI: no tables\n");
    }
    assume_pc();
    log_info("ACPI: %u CPUs, %u IOAPICs, SCI %u, PM timer %#x, HPET %#lx\n",
             acpi.nr_cpus, acpi.nr_ioapics, acpi.sci_gsi, acpi.pm_timer_port,
             acpi.hpet_address);
}
