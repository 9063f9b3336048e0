/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where things go in a guest's memory, and the page tables that say so: the
 * tables are walked as the processor would, for every page.
 */
#include "common.h"
#include <pel/image.h>

#define MIB(n) ((uint64_t)(n) << 8) /* pages */

static struct pel_elf kernel(uint64_t paddr, uint64_t memsz)
{
    struct pel_elf e = { .nr_segs = 1 };

    e.segs[0].paddr = paddr;
    e.segs[0].memsz = memsz;
    return e;
}

// clang-format off
/* Kinds of kernel; sizes in bytes. */
static const struct kind {
    const char *why;
    struct pel_notes notes;
    uint64_t paddr, memsz, ramdisk;
    uint64_t pages;
} kinds[] = {
    { "Linux",
      { .virt_base = 0xffffffff80000000, .entry = 0xffffffff830791c0,
        .has_init_p2m = true, .init_p2m = 0x8000000000,
        .mod_start_pfn = true },
      0x1000000, 0x3a00000, 0x160000, MIB(256) },
    { "tiny, at 0", { .virt_base = 0, .entry = 0x100000,
                      .has_hypercall_page = true, .hypercall_page = 0x101000 },
      0x100000, 0x2000, 0, MIB(16) },
    { "everything mapped at a high base",
      { .virt_base = 0xffff880000000000, .entry = 0xffff880000000000 },
      0, 0x5000, 0x12345, MIB(300) },
    { "base and physical addresses shifted alike",
      { .virt_base = 0x7000200000, .paddr_offset = 0x7000200000,
        .entry = 0x7000200000 },
      0x7000200000, 0x300000, 0, MIB(32) },
    { "p2m wanted in the kernel's own slot",
      { .virt_base = 0, .entry = 0, .has_init_p2m = true,
        .init_p2m = 0x40000000 },
      0, 0x1000, 0, MIB(16) },
    { "p2m wanted where the hypervisor is",
      { .virt_base = 0, .entry = 0, .has_init_p2m = true,
        .init_p2m = 0xffff800000000000 },
      0, 0x1000, 0, MIB(16) },
    { "p2m at an odd address",
      { .virt_base = 0, .entry = 0, .has_init_p2m = true,
        .init_p2m = 0x8000000008 },
      0, 0x1000, 0, MIB(16) },
    { "p2m over a 1 GiB border",
      { .virt_base = 0, .entry = 0, .has_init_p2m = true,
        .init_p2m = 0x803ffff000 },
      0, 0x1000, 0x1000, MIB(64) },
    { "kernel over a 1 GiB border",
      { .virt_base = 0x3fe00000, .entry = 0x3fe00000 },
      0, 0x400000, 0, MIB(16) },
    { "up to the last byte of memory",
      { .virt_base = 0xffffffffffc00000, .entry = 0xffffffffffc00000 },
      0, 0x1000, 0, MIB(4) },
};
// clang-format on

static int plan(struct pel_ctx *ctx, const struct kind *k,
                struct pel_layout *lay)
{
    struct pel_elf e = kernel(k->paddr, k->memsz);

    memset(ctx, 0, sizeof(*ctx));
    return pel_layout_plan(ctx, &e, &k->notes, k->pages, k->ramdisk, lay);
}

/* A p2m that is no identity, so that mixing pfn and mfn shows. */
static xen_pfn_t mfn_of(uint64_t pfn) { return pfn * 3 + 1000; }

static uint64_t pfn_of(uint64_t mfn)
{
    assert_true(mfn >= 1000 && (mfn - 1000) % 3 == 0);
    return (mfn - 1000) / 3;
}

static const uint64_t *entry(const char *base, const struct pel_layout *lay,
                             uint64_t table, unsigned int index)
{
    assert_true(table < lay->nr_used);
    return (const uint64_t *)(const void *)(base + table * PEL_PAGE_SIZE) +
           index;
}

/* The leaf entry of an address; 0 when it is not mapped. */
static uint64_t walk(const char *base, const struct pel_layout *lay,
                     uint64_t va)
{
    uint64_t table = lay->boot.table_pfn, e = 0;

    for (int shift = 39; shift >= 12; shift -= 9) {
        e = *entry(base, lay, table, va >> shift & 511);
        if (!e)
            return 0;
        assert_int_equal(e & 0x7, 0x7 & (shift == 12 ? e : 7));
        table = pfn_of((e & 0x000ffffffffff000) >> 12);
    }
    return e;
}

static bool is_table(const struct pel_layout *lay, uint64_t pfn)
{
    return (pfn >= lay->boot.table_pfn &&
            pfn < lay->boot.table_pfn + lay->boot.nr_tables) ||
           (lay->p2m.nr_tables && pfn >= lay->p2m.table_pfn &&
            pfn < lay->p2m.table_pfn + lay->p2m.nr_tables);
}

static void check_range(const char *base, const struct pel_layout *lay,
                        const struct pel_range *r)
{
    for (uint64_t i = 0; i < r->nr_pages; i++) {
        uint64_t e = walk(base, lay, r->va + i * PEL_PAGE_SIZE);

        assert_int_equal(pfn_of((e & 0x000ffffffffff000) >> 12), r->pfn + i);
        /* present, user, accessed, dirty; writable unless a table */
        assert_int_equal(e & 0xfff, is_table(lay, r->pfn + i) ? 0x65 : 0x67);
    }
}

/* Entries that are in use, over all tables: no mapping more than asked. */
static uint64_t count_entries(const char *base, const struct pel_layout *lay)
{
    uint64_t nr = 0;

    for (uint64_t pfn = 0; pfn < lay->nr_used; pfn++)
        for (unsigned int i = 0; is_table(lay, pfn) && i < 512; i++)
            nr += *entry(base, lay, pfn, i) != 0;
    return nr;
}

static void tables_map_what_the_layout_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct pel_layout lay;
        struct pel_ctx ctx;
        xen_pfn_t *p2m;
        uint64_t want;
        char *base;
        int rc = plan(&ctx, &kinds[i], &lay);

        print_message("%s\n", kinds[i].why);
        assert_told(&ctx, rc, NULL);
        assert_int_equal(rc, 0);
        base = malloc(lay.nr_used * PEL_PAGE_SIZE);
        memset(base, 0xa5, lay.nr_used * PEL_PAGE_SIZE);
        p2m = malloc(lay.nr_used * sizeof(*p2m));
        for (uint64_t pfn = 0; pfn < lay.nr_used; pfn++)
            p2m[pfn] = mfn_of(pfn);

        pel_tables_build(&lay, p2m, base);
        check_range(base, &lay, &lay.boot);
        check_range(base, &lay, &lay.p2m);
        /* One leaf a page, and one entry for each table but the L4. */
        want = lay.boot.nr_pages + lay.boot.nr_tables - 1;
        if (lay.p2m.nr_tables)
            want += lay.p2m.nr_pages + lay.p2m.nr_tables;
        assert_int_equal(count_entries(base, &lay), want);
        free(base);
        free(p2m);
    }
}

/* Things that need pages of their own: first pfn and how many. */
static void pieces_do_not_overlap(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct pel_layout l;
        struct pel_ctx ctx;
        uint64_t kernel_pfn, kernel_pages;

        print_message("%s\n", kinds[i].why);
        assert_int_equal(plan(&ctx, &kinds[i], &l), 0);
        kernel_pfn = (kinds[i].paddr - kinds[i].notes.paddr_offset) >> 12;
        kernel_pages = (kinds[i].memsz + 4095) >> 12;
        const struct {
            uint64_t pfn, nr;
        } piece[] = {
            { kernel_pfn, kernel_pages },
            { l.ramdisk_pfn, (l.ramdisk_len + 4095) >> 12 },
            { l.start_info_pfn, 1 },
            { l.store_pfn, 1 },
            { l.console_pfn, 1 },
            { l.stack_pfn, 1 },
            { l.boot.table_pfn, l.boot.nr_tables },
            { l.p2m.pfn, l.p2m.nr_pages },
            { l.p2m.table_pfn, l.p2m.nr_tables },
        };

        for (size_t a = 0; a < ARRAY_SIZE(piece); a++) {
            assert_true(piece[a].pfn + piece[a].nr <= l.nr_used);
            for (size_t b = 0; b < a; b++)
                if (piece[a].nr && piece[b].nr)
                    assert_true(piece[a].pfn + piece[a].nr <= piece[b].pfn ||
                                piece[b].pfn + piece[b].nr <= piece[a].pfn);
        }
        assert_true(l.nr_used <= l.nr_pages);
        assert_int_equal(l.p2m.nr_pages, (kinds[i].pages * 8 + 4095) / 4096);
        /* ABI 1.2: 512 KiB behind the stack, up to 4 MiB. */
        assert_true(l.boot.nr_pages - l.stack_pfn - 1 >= 128);
        assert_int_equal((l.boot.va + (l.boot.nr_pages << 12)) & 0x3fffff, 0);
        assert_int_equal(l.stack_pfn, l.boot.table_pfn + l.boot.nr_tables);
    }
}

static void linux_has_its_p2m_and_ramdisk_outside(void **state)
{
    struct pel_layout l;
    struct pel_ctx ctx;

    (void)state;
    assert_int_equal(plan(&ctx, &kinds[0], &l), 0);
    assert_false(l.ramdisk_mapped);
    assert_int_equal(l.ramdisk_pfn, l.boot.nr_pages);
    assert_int_equal(l.p2m.va, 0x8000000000);
    assert_int_equal(l.p2m.nr_tables, 3);
    assert_int_equal(l.start_info_pfn, 0x4a00);
    assert_int_equal(pel_layout_va(&l, l.start_info_pfn), 0xffffffff84a00000);

    assert_int_equal(plan(&ctx, &kinds[2], &l), 0);
    assert_true(l.ramdisk_mapped);
    assert_true(l.ramdisk_pfn < l.boot.nr_pages);
    assert_int_equal(l.p2m.nr_tables, 0);
    assert_int_equal(l.p2m.va, pel_layout_va(&l, l.p2m.pfn));
}

// clang-format off
static const struct kind bad[] = {
    { "memory too small", { .virt_base = 0 }, 0, 0x2000000, 0, MIB(16) },
    { "ramdisk too large", { .mod_start_pfn = true }, 0, 0x1000, 0x1000000,
      MIB(16) },
    { "odd base", { .virt_base = 0x10 }, 0, 1, 0, MIB(16) },
    { "odd offset", { .paddr_offset = 1 }, 0x1001, 1, 0, MIB(16) },
    { "not canonical", { .virt_base = 0x800000000000 }, 0, 1, 0, MIB(16) },
    { "grows out of the canonical half",
      { .virt_base = 0x7fffffe00000 }, 0, 0x400000, 0, MIB(16) },
    { "the hypervisor's range", { .virt_base = 0xffff800000000000 }, 0, 1, 0,
      MIB(16) },
    { "grows into the hypervisor's range",
      { .virt_base = 0xffff7fffffe00000 }, 0, 0x400000, 0, MIB(16) },
    { "wraps", { .virt_base = 0xfffffffffff00000 }, 0, 0x400000, 0,
      MIB(16) },
    { "segment below the offset", { .paddr_offset = 0x2000 }, 0x1000, 1, 0,
      MIB(16) },
    { "segment that wraps", { .virt_base = 0 }, 0xfffffffffffff000, 0x2000, 0,
      MIB(16) },
    { "segment without end", { .virt_base = 0 }, 0x1000, 0xfffffffffffffffe,
      0, MIB(16) },
    { "entry outside", { .entry = 0x10000000 }, 0, 1, 0, MIB(16) },
    { "entry below", { .virt_base = 0x400000, .entry = 0 }, 0, 1, 0,
      MIB(16) },
    { "hypercall page outside",
      { .has_hypercall_page = true, .hypercall_page = 0x10000000 }, 0, 1, 0,
      MIB(16) },
    { "hypercall page in the page tables",
      { .has_hypercall_page = true, .hypercall_page = 0xd000 }, 0, 0x1000, 0,
      MIB(16) },
    { "odd hypercall page",
      { .has_hypercall_page = true, .hypercall_page = 0x10 }, 0, 0x1000, 0,
      MIB(16) },
};
// clang-format on

static void impossible_ones_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pel_layout l;
        struct pel_ctx ctx;
        int rc;

        print_message("%s\n", bad[i].why);
        rc = plan(&ctx, &bad[i], &l);
        assert_true(rc < 0);
        assert_told(&ctx, rc, i < 2 ? "memory is too small" : NULL);
    }
}

static void tables_are_counted(void **state)
{
    (void)state;
    assert_int_equal(pel_tables_count(0, 1), 3);
    assert_int_equal(pel_tables_count(0, 512), 3);
    assert_int_equal(pel_tables_count(0, 513), 4);
    assert_int_equal(pel_tables_count(0x1ff000, 2), 4);
    assert_int_equal(pel_tables_count(0x3ffff000, 2), 5);
    assert_int_equal(pel_tables_count(0x7ffffff000, 2), 6);
    assert_int_equal(pel_tables_count(0xfffffffffffff000, 1), 3);
}

static void start_info_says_where_things_are(void **state)
{
    struct pel_boot_args args = { .shared_info_mfn = 77,
                                  .store_port = 1,
                                  .console_port = 2,
                                  .cmdline = "a=b" };
    struct start_info si;
    struct pel_layout l;
    struct pel_ctx ctx;
    xen_pfn_t *p2m;

    (void)state;
    assert_int_equal(plan(&ctx, &kinds[0], &l), 0);
    p2m = calloc(l.nr_used, sizeof(*p2m));
    for (uint64_t pfn = 0; pfn < l.nr_used; pfn++)
        p2m[pfn] = mfn_of(pfn);
    pel_start_info_fill(&l, p2m, &args, &si);
    assert_string_equal(si.magic, "xen-3.0-x86_64");
    assert_int_equal(si.nr_pages, MIB(256));
    assert_int_equal(si.shared_info, 77 << 12);
    assert_int_equal(si.store_mfn, mfn_of(l.store_pfn));
    assert_int_equal(si.console.domU.mfn, mfn_of(l.console_pfn));
    assert_int_equal(si.console.domU.evtchn, 2);
    assert_int_equal(si.pt_base, pel_layout_va(&l, l.boot.table_pfn));
    assert_int_equal(si.mfn_list, 0x8000000000);
    assert_int_equal(si.first_p2m_pfn, l.p2m.pfn);
    assert_int_equal(si.nr_p2m_frames, l.p2m.nr_pages + 3);
    assert_int_equal(si.mod_start, l.ramdisk_pfn);
    assert_int_equal(si.mod_len, 0x160000);
    assert_int_equal(si.flags, SIF_MOD_START_PFN);
    assert_string_equal((char *)si.cmd_line, "a=b");
    free(p2m);
}

static void segments_are_copied_and_cleared(void **state)
{
    static const uint8_t code[3] = { 1, 2, 3 };
    struct pel_layout l = { .paddr_offset = 0x1000 };
    struct pel_elf e = kernel(0x1004, 8);
    uint8_t memory[16];

    (void)state;
    memset(memory, 0xee, sizeof(memory));
    e.segs[0].data = code;
    e.segs[0].filesz = 3;
    pel_elf_load(&e, &l, memory);
    assert_memory_equal(memory, "\xee\xee\xee\xee\1\2\3\0\0\0\0\0\xee", 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_map_what_the_layout_says),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(linux_has_its_p2m_and_ramdisk_outside),
        cmocka_unit_test(impossible_ones_are_refused),
        cmocka_unit_test(tables_are_counted),
        cmocka_unit_test(start_info_says_where_things_are),
        cmocka_unit_test(segments_are_copied_and_cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
