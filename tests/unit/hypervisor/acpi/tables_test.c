/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables: good ones are understood, damaged ones are not believed. */
#include <hv/acpi.h>
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/hvmap.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include "../../../../hypervisor/acpi/local.h"

/* Physical memory from MEMORY on; every byte of it readable, none beyond. */
#define MEMORY 0xe0000UL
#define MEMORY_BYTES 0x20000UL
#define RSDP_AT 0xf0010UL
#define XSDT_AT 0xf1000UL
#define RSDT_AT 0xf1800UL
#define MADT_AT 0xf2000UL
#define FADT_AT 0xf3000UL
#define DSDT_AT 0xf4000UL
#define HPET_AT 0xf5000UL
#define MCFG_AT 0xf6000UL
#define EFI_AT 0xf7000UL
#define EFI_TABLES_AT 0xf8000UL

static uint8_t memory[MEMORY_BYTES];

struct mem_region memmap[MAX_MEMMAP];
unsigned int nr_memmap;
struct boot_info boot_info;

void *hvmap_mmio(uint64_t phys, size_t len)
{
    if (phys < MEMORY || len > MEMORY_BYTES ||
        phys - MEMORY > MEMORY_BYTES - len)
        return NULL;
    return memory + (phys - MEMORY);
}

void log_print(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
}

static void *at(uint64_t phys) { return memory + (phys - MEMORY); }

static void fix_sum(void *p, size_t len, uint8_t *sum)
{
    uint8_t s = 0;

    *sum = 0;
    for (size_t i = 0; i < len; i++)
        s += ((uint8_t *)p)[i];
    *sum = -s;
}

static struct acpi_header *table(uint64_t phys, const char *sig, uint32_t len)
{
    struct acpi_header *h = at(phys);

    memcpy(h->signature, sig, 4);
    h->length = len;
    return h;
}

static void seal(uint64_t phys)
{
    struct acpi_header *h = at(phys);

    fix_sum(h, h->length, &h->checksum);
}

static void put(uint64_t phys, uint64_t v, unsigned int bytes)
{
    memcpy(at(phys), &v, bytes);
}

static void make_madt(void)
{
    static const uint8_t entries[] = {
        0,    8,  0, 0, 1, 0, 0,    0, /* CPU 0 */
        0,    8,  1, 2, 1, 0, 0,    0, /* CPU with APIC id 2 */
        0,    8,  2, 3, 0, 0, 0,    0, /* not enabled */
        1,    12, 5, 0, 0, 0, 0xc0, 0xfe, 0,    0, 0, 0, /* IOAPIC */
        2,    10, 0, 0, 2, 0, 0,    0,    0,    0,       /* IRQ 0 is GSI 2 */
        2,    10, 0, 9, 9, 0, 0,    0,    0x0d, 0,       /* 9: high, level */
        9,    16, 0, 0, 0, 1, 0,    0,    1,    0, 0, 0,
        7,    0,  0, 0, /* x2APIC 256 */
        0x7f, 4,  0, 0, /* unknown */
    };

    table(MADT_AT, "APIC", 44 + sizeof(entries));
    put(MADT_AT + 36, 0xfee00000, 4);
    memcpy(at(MADT_AT + 44), entries, sizeof(entries));
    seal(MADT_AT);
}

static void make_fadt(void)
{
    static const uint8_t s5[] = { 0x08, '_',  'S',  '5',  '_',  0x12, 0x06,
                                  0x04, 0x0a, 0x05, 0x01, 0x00, 0x00 };

    table(FADT_AT, "FACP", 244);
    put(FADT_AT + 40, DSDT_AT, 4);
    put(FADT_AT + 46, 9, 2);
    put(FADT_AT + 64, 0x604, 4);
    put(FADT_AT + 76, 0x608, 4);
    put(FADT_AT + 112, 1 << 10, 4); /* reset register supported */
    put(FADT_AT + 116, ACPI_SPACE_IO, 1);
    put(FADT_AT + 120, 0xcf9, 8);
    put(FADT_AT + 128, 0x0f, 1);
    seal(FADT_AT);

    table(DSDT_AT, "DSDT", 36 + sizeof(s5));
    memcpy(at(DSDT_AT + 36), s5, sizeof(s5));
    seal(DSDT_AT);
}

static void make_roots(void)
{
    static const uint64_t tables[] = { MADT_AT, FADT_AT, HPET_AT, MCFG_AT };

    table(XSDT_AT, "XSDT", 36 + 8 * ARRAY_SIZE(tables));
    table(RSDT_AT, "RSDT", 36 + 4 * ARRAY_SIZE(tables));
    for (unsigned int i = 0; i < ARRAY_SIZE(tables); i++) {
        put(XSDT_AT + 36 + 8 * i, tables[i], 8);
        put(RSDT_AT + 36 + 4 * i, tables[i], 4);
    }
    seal(XSDT_AT);
    seal(RSDT_AT);

    memcpy(at(RSDP_AT), "RSD PTR ", 8);
    put(RSDP_AT + 15, 2, 1);
    put(RSDP_AT + 16, RSDT_AT, 4);
    put(RSDP_AT + 20, 36, 4);
    put(RSDP_AT + 24, XSDT_AT, 8);
    fix_sum(at(RSDP_AT), 20, at(RSDP_AT + 8));
    fix_sum(at(RSDP_AT), 36, at(RSDP_AT + 32));
}

static int build(void **state)
{
    (void)state;
    memset(memory, 0, sizeof(memory));
    memset(&acpi, 0, sizeof(acpi));
    memset(&acpi_s5, 0, sizeof(acpi_s5));
    boot_info.rsdp_copy = boot_info.efi_systab = 0;

    make_madt();
    make_fadt();
    table(HPET_AT, "HPET", 56);
    put(HPET_AT + 44, 0xfed00000, 8);
    seal(HPET_AT);
    table(MCFG_AT, "MCFG", 60);
    put(MCFG_AT + 44, 0xb0000000, 8);
    put(MCFG_AT + 55, 255, 1);
    seal(MCFG_AT);
    make_roots();
    return 0;
}

static void good_tables_are_understood(void **state)
{
    (void)state;
    acpi_init();
    assert_int_equal(acpi.lapic_address, 0xfee00000);
    assert_int_equal(acpi.nr_cpus, 3);
    assert_int_equal(acpi.cpu_apic_id[1], 2);
    assert_int_equal(acpi.cpu_apic_id[2], 256);
    assert_int_equal(acpi.cpu_acpi_id[2], 7);
    assert_int_equal(acpi.nr_ioapics, 1);
    assert_int_equal(acpi.ioapic[0].address, 0xfec00000);
    assert_int_equal(acpi.nr_overrides, 2);
    assert_int_equal(acpi.override[0].gsi, 2);
    assert_false(acpi.override[0].level);
    assert_true(acpi.override[1].level);
    assert_false(acpi.override[1].active_low);
    assert_int_equal(acpi.sci_gsi, 9);
    assert_int_equal(acpi.pm1a_cnt, 0x604);
    assert_int_equal(acpi.pm_timer_port, 0x608);
    assert_int_equal(acpi.reset_address, 0xcf9);
    assert_int_equal(acpi.reset_value, 0x0f);
    assert_int_equal(acpi.hpet_address, 0xfed00000);
    assert_int_equal(acpi.mcfg_address, 0xb0000000);
    assert_int_equal(acpi.mcfg_end, 255);
    assert_true(acpi_s5.known);
    assert_int_equal(acpi_s5.a, 5);
    assert_int_equal(acpi_s5.b, 1);
}

static void assert_defaults(void)
{
    assert_int_equal(acpi.nr_cpus, 1);
    assert_int_equal(acpi.nr_ioapics, 1);
    assert_int_equal(acpi.ioapic[0].address, 0xfec00000);
}

static void without_tables_it_is_a_pc(void **state)
{
    (void)state;
    memset(memory, 0, sizeof(memory));
    acpi_init();
    assert_defaults();
    assert_int_equal(acpi.sci_gsi, 0);
}

static void the_loader_s_pointer_is_checked(void **state)
{
    (void)state;
    boot_info.rsdp_copy = 0x1234; /* unmapped: search instead */
    acpi_init();
    assert_int_equal(acpi.nr_cpus, 3);
}

/* Two entries: something else, and the RSDP under ACPI's GUID. */
static void make_efi(void)
{
    static const uint8_t guid[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4,
                                      0xd3, 0x11, 0xbc, 0x22, 0x00, 0x80,
                                      0xc7, 0x3c, 0x88, 0x81 };

    memcpy(at(EFI_AT), "IBI SYST", 8);
    put(EFI_AT + 104, 2, 8);
    put(EFI_AT + 112, EFI_TABLES_AT, 8);
    memcpy(at(EFI_TABLES_AT + 24), guid, sizeof(guid));
    put(EFI_TABLES_AT + 40, RSDP_AT, 8);
    boot_info.efi_systab = EFI_AT;
}

static void efi_names_the_tables(void **state)
{
    (void)state;
    make_efi();
    acpi_init();
    assert_int_equal(acpi.rsdp, RSDP_AT);
    assert_int_equal(acpi.nr_cpus, 3);
}

/* What is wrong in EFI's list leaves the search, and nothing for dom0. */
static void efi_is_checked(void **state)
{
    static const struct {
        uint64_t at, value;
    } bad[] = {
        { EFI_AT, 0 },
        { EFI_AT + 104, 1 },
        { EFI_AT + 112, 0 },
        { EFI_AT + 112, ~0UL },
        { EFI_AT + 112, MEMORY + MEMORY_BYTES - 8 },
        { EFI_TABLES_AT + 24, 0 },
        { EFI_TABLES_AT + 40, 0 },
        { EFI_TABLES_AT + 40, MADT_AT },
        { EFI_TABLES_AT + 40, ~0UL },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        build(state);
        make_efi();
        put(bad[i].at, bad[i].value, 8);
        acpi_init();
        assert_int_equal(acpi.rsdp, 0);
        assert_int_equal(acpi.nr_cpus, 3);
    }
}

static void a_bad_xsdt_leaves_the_rsdt(void **state)
{
    (void)state;
    put(XSDT_AT + 9, 0x55, 1);
    acpi_init();
    assert_int_equal(acpi.nr_cpus, 3);
}

static void a_bad_checksum_drops_the_table(void **state)
{
    (void)state;
    put(MADT_AT + 60, 0x99, 1);
    acpi_init();
    assert_defaults();
    assert_int_equal(acpi.sci_gsi, 9);
}

static void lengths_are_checked(void **state)
{
    static const uint32_t lengths[] = { 0, 35, 0x40000000, ~0U, 0x1ffff };

    for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
        build(state);
        put(MADT_AT + 4, lengths[i], 4);
        acpi_init();
        assert_defaults();
    }
}

static void an_entry_that_overruns_ends_the_table(void **state)
{
    (void)state;
    put(MADT_AT + 44 + 9, 200, 1); /* length of the second entry */
    seal(MADT_AT);
    acpi_init();
    assert_int_equal(acpi.nr_cpus, 1);
    build(state);
    put(MADT_AT + 44 + 9, 0, 1); /* would never end */
    seal(MADT_AT);
    acpi_init();
    assert_int_equal(acpi.nr_cpus, 1);
}

/* Any byte of any table may be wrong, with its checksum right. */
static void damaged_tables_do_no_harm(void **state)
{
    static const uint64_t tables[] = { XSDT_AT, MADT_AT, FADT_AT,
                                       DSDT_AT, HPET_AT, MCFG_AT };

    srandom(3);
    for (unsigned int i = 0; i < 20000; i++) {
        uint64_t t = tables[random() % ARRAY_SIZE(tables)];
        struct acpi_header *h = at(t);
        uint32_t length;

        build(state);
        length = h->length;
        for (unsigned int k = random() % 4 + 1; k; k--)
            ((uint8_t *)h)[4 + random() % (length - 4)] = random();
        if (h->length >= 36 && h->length < 0x1000)
            seal(t);
        acpi_init();
        assert_true(acpi.nr_cpus >= 1 && acpi.nr_cpus <= 256);
        assert_true(acpi.nr_ioapics <= MAX_IOAPICS);
        assert_true(acpi.nr_overrides <= MAX_OVERRIDES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(good_tables_are_understood, build),
        cmocka_unit_test_setup(without_tables_it_is_a_pc, build),
        cmocka_unit_test_setup(the_loader_s_pointer_is_checked, build),
        cmocka_unit_test_setup(efi_names_the_tables, build),
        cmocka_unit_test_setup(efi_is_checked, build),
        cmocka_unit_test_setup(a_bad_xsdt_leaves_the_rsdt, build),
        cmocka_unit_test_setup(a_bad_checksum_drops_the_table, build),
        cmocka_unit_test_setup(lengths_are_checked, build),
        cmocka_unit_test_setup(an_entry_that_overruns_ends_the_table, build),
        cmocka_unit_test_setup(damaged_tables_do_no_harm, build),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
