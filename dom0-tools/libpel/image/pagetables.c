/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's first page tables: 4 KiB entries with machine frames.
 *
 * The tables of a range follow each other: [L4] L3.. L2.. L1..  A range that
 * shares the L4 of another has none of its own.
 */
#include <string.h>
#include <pel/image.h>

/* Bits of an entry (AMD64 manual, volume 2, 5.4). */
enum {
    PTE_P = 1 << 0,
    PTE_RW = 1 << 1,
    PTE_US = 1 << 2,
    PTE_A = 1 << 5,
    PTE_D = 1 << 6,
    PTE_LEAF = PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D,
};

struct builder {
    const struct pel_layout *lay;
    const xen_pfn_t *p2m;
    char *base;
};

static uint64_t *table(const struct builder *b, uint64_t pfn)
{
    return (uint64_t *)(void *)(b->base + (pfn << PEL_PAGE_SHIFT));
}

static bool within(const struct pel_range *r, uint64_t pfn)
{
    return pfn >= r->table_pfn && pfn - r->table_pfn < r->nr_tables;
}

static uint64_t entry(const struct builder *b, uint64_t pfn)
{
    uint64_t bits = PTE_LEAF;

    if (within(&b->lay->boot, pfn) || within(&b->lay->p2m, pfn))
        bits &= ~(uint64_t)PTE_RW;
    return (uint64_t)b->p2m[pfn] << PEL_PAGE_SHIFT | bits;
}

/* Points @nr consecutive tables, made of 2^@shift bytes each, from above. */
static void link_tables(const struct builder *b, const struct pel_range *r,
                        unsigned int shift, uint64_t upper, uint64_t lower)
{
    uint64_t last = r->va + (r->nr_pages << PEL_PAGE_SHIFT) - 1;
    uint64_t first = r->va >> shift;

    for (uint64_t i = first; i <= last >> shift; i++) {
        uint64_t above = upper + (i >> 9) - (first >> 9);

        table(b, above)[i & 511] =
            (uint64_t)b->p2m[lower + i - first] << PEL_PAGE_SHIFT | PTE_LEAF;
    }
}

static uint64_t spans(const struct pel_range *r, unsigned int shift)
{
    uint64_t last = r->va + (r->nr_pages << PEL_PAGE_SHIFT) - 1;

    return (last >> shift) - (r->va >> shift) + 1;
}

static void build_range(const struct builder *b, const struct pel_range *r,
                        uint64_t l4, uint64_t l3)
{
    uint64_t l2 = l3 + spans(r, 39), l1 = l2 + spans(r, 30);
    uint64_t page0 = r->va >> PEL_PAGE_SHIFT;

    link_tables(b, r, 39, l4, l3);
    link_tables(b, r, 30, l3, l2);
    link_tables(b, r, 21, l2, l1);
    for (uint64_t i = 0; i < r->nr_pages; i++) {
        uint64_t n = page0 + i;

        table(b, l1 + (n >> 9) - (page0 >> 9))[n & 511] = entry(b, r->pfn + i);
    }
}

void pel_tables_build(const struct pel_layout *lay, const xen_pfn_t *p2m,
                      void *base)
{
    struct builder b = { .lay = lay, .p2m = p2m, .base = base };
    uint64_t l4 = lay->boot.table_pfn;

    memset(table(&b, l4), 0, lay->boot.nr_tables << PEL_PAGE_SHIFT);
    build_range(&b, &lay->boot, l4, l4 + 1);
    if (lay->p2m.nr_tables == 0)
        return;
    memset(table(&b, lay->p2m.table_pfn), 0,
           lay->p2m.nr_tables << PEL_PAGE_SHIFT);
    build_range(&b, &lay->p2m, l4, lay->p2m.table_pfn);
}
