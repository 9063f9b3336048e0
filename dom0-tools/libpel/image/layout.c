/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything goes in a guest's memory.
 *
 *   pfn 0 .. kernel .. [ramdisk] [p2m list] start_info store console
 *         page tables, boot stack, at least 512 KiB of free pages, up to the
 *         next multiple of 4 MiB of virtual addresses: all this is mapped
 *   then  [ramdisk] [p2m list, its page tables]: what the kernel has said
 *         that it will find without its being mapped at virt_base
 *
 * Facts: docs of the ABI, "Initial virtual layout".
 */
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/image.h>

#define SLACK (512ul << 10)    /* bytes mapped beyond the boot stack */
#define ROUND (4ul << 20)      /* the mapped range ends at a multiple */
#define PFN_LIMIT (1ull << 40) /* no pfn or count reaches this */

/* L4 slots that belong to the hypervisor. */
#define HV_SLOT_FIRST 256u
#define HV_SLOT_LAST 271u

static uint64_t pages(uint64_t bytes)
{
    return (bytes >> PEL_PAGE_SHIFT) + !!(bytes & (PEL_PAGE_SIZE - 1));
}

/* Entries of tables that each map 2^shift bytes, touched by a range. */
static uint64_t spans(uint64_t va, uint64_t nr_pages, unsigned int shift)
{
    uint64_t last = va + (nr_pages << PEL_PAGE_SHIFT) - 1;

    return (last >> shift) - (va >> shift) + 1;
}

uint64_t pel_tables_count(uint64_t va, uint64_t nr_pages)
{
    return spans(va, nr_pages, 39) + spans(va, nr_pages, 30) +
           spans(va, nr_pages, 21);
}

uint64_t pel_layout_va(const struct pel_layout *lay, uint64_t pfn)
{
    return lay->virt_base + (pfn << PEL_PAGE_SHIFT);
}

static unsigned int l4_slot(uint64_t va) { return va >> 39 & 511; }

/* Canonical, not wrapping, and clear of the hypervisor's slots. */
static bool range_ok(uint64_t va, uint64_t nr_pages)
{
    uint64_t last = va + (nr_pages << PEL_PAGE_SHIFT) - 1;
    uint64_t top = va >> 47, last_top = last >> 47;

    if (nr_pages == 0 || nr_pages >= PFN_LIMIT || last < va)
        return false;
    if (top != last_top || (top != 0 && top != 0x1ffff))
        return false;
    return l4_slot(last) < HV_SLOT_FIRST || l4_slot(va) > HV_SLOT_LAST;
}

/* The first pfn behind the kernel's last segment. */
static int kernel_end(struct pel_ctx *ctx, const struct pel_elf *elf,
                      uint64_t paddr_offset, uint64_t *end)
{
    *end = 0;
    for (size_t i = 0; i < elf->nr_segs; i++) {
        const struct pel_segment *seg = &elf->segs[i];
        uint64_t start = seg->paddr - paddr_offset;
        uint64_t stop = start + seg->memsz;

        if (seg->paddr < paddr_offset || stop < start ||
            pages(stop) >= PFN_LIMIT)
            return pel_fail(ctx, PEL_EFORMAT,
                            "a segment of the kernel at 0x%llx does not fit "
                            "its PADDR_OFFSET note",
                            (unsigned long long)seg->paddr);
        if (pages(stop) > *end)
            *end = pages(stop);
    }
    return 0;
}

/*
 * Page tables, boot stack and slack.  The tables map themselves, so their
 * number is the smallest that fits; it can only grow from try to try.
 */
static int plan_tables(struct pel_ctx *ctx, struct pel_layout *lay,
                       uint64_t pfn)
{
    struct pel_range *r = &lay->boot;
    uint64_t need = 1, end;

    r->va = lay->virt_base;
    r->pfn = 0;
    r->table_pfn = pfn;
    do {
        r->nr_tables = need;
        end = pel_layout_va(lay, pfn + need + 1) + SLACK;
        end = (end + ROUND - 1) & ~(ROUND - 1);
        /* 0 is right at the top of the address space: it wraps. */
        r->nr_pages = (end - r->va) >> PEL_PAGE_SHIFT;
        if (r->nr_pages < pfn + need + 1 || !range_ok(r->va, r->nr_pages))
            return pel_fail(ctx, PEL_EFORMAT,
                            "the kernel's VIRT_BASE note, 0x%llx, leaves no "
                            "room for it",
                            (unsigned long long)r->va);
        need = 1 + pel_tables_count(r->va, r->nr_pages);
    } while (need != r->nr_tables);
    lay->stack_pfn = pfn + r->nr_tables;
    return 0;
}

/*
 * Whether the p2m list can be where the kernel asks for it.  In the L4 slot
 * of the kernel it would need tables that are not its own; then it is mapped
 * with the kernel, where start_info says so.
 */
static bool p2m_elsewhere(const struct pel_notes *notes, uint64_t virt_base,
                          uint64_t list_pages)
{
    uint64_t va = notes->init_p2m;

    if (!notes->has_init_p2m || (va & (PEL_PAGE_SIZE - 1)) ||
        !range_ok(va, list_pages))
        return false;
    return l4_slot(va) != l4_slot(virt_base) &&
           l4_slot(va + (list_pages << PEL_PAGE_SHIFT) - 1) !=
               l4_slot(virt_base) &&
           spans(va, list_pages, 39) == 1;
}

static void take(uint64_t *next, uint64_t nr, uint64_t *pfn)
{
    *pfn = *next;
    *next += nr;
}

/* Addresses that the guest names must be in what is mapped for it. */
static int check_addresses(struct pel_ctx *ctx, const struct pel_notes *notes,
                           struct pel_layout *lay)
{
    uint64_t size = lay->boot.nr_pages << PEL_PAGE_SHIFT;

    if (notes->entry - lay->virt_base >= size)
        return pel_fail(ctx, PEL_EFORMAT,
                        "the kernel's entry 0x%llx is not in its mapping",
                        (unsigned long long)notes->entry);
    lay->has_hypercall_page = notes->has_hypercall_page;
    if (!lay->has_hypercall_page)
        return 0;

    lay->hypercall_pfn =
        (notes->hypercall_page - lay->virt_base) >> PEL_PAGE_SHIFT;
    if (notes->hypercall_page & (PEL_PAGE_SIZE - 1) ||
        lay->hypercall_pfn >= lay->boot.table_pfn)
        return pel_fail(ctx, PEL_EFORMAT,
                        "the kernel's HYPERCALL_PAGE note, 0x%llx, is not a "
                        "page of it",
                        (unsigned long long)notes->hypercall_page);
    return 0;
}

int pel_layout_plan(struct pel_ctx *ctx, const struct pel_elf *elf,
                    const struct pel_notes *notes, uint64_t nr_pages,
                    uint64_t ramdisk_len, struct pel_layout *lay)
{
    uint64_t list_pages = pages(nr_pages * sizeof(uint64_t));
    uint64_t next;
    bool apart;
    int rc;

    memset(lay, 0, sizeof(*lay));
    if (notes->virt_base & (PEL_PAGE_SIZE - 1) ||
        notes->paddr_offset & (PEL_PAGE_SIZE - 1))
        return pel_fail(ctx, PEL_EFORMAT,
                        "the kernel's VIRT_BASE or PADDR_OFFSET note is not "
                        "page-aligned");
    lay->virt_base = notes->virt_base;
    lay->paddr_offset = notes->paddr_offset;
    lay->entry = notes->entry;
    lay->nr_pages = nr_pages;
    lay->ramdisk_len = ramdisk_len;
    lay->ramdisk_mapped = !notes->mod_start_pfn;
    apart = p2m_elsewhere(notes, lay->virt_base, list_pages);

    rc = kernel_end(ctx, elf, notes->paddr_offset, &next);
    if (rc)
        return rc;
    if (lay->ramdisk_mapped)
        take(&next, pages(ramdisk_len), &lay->ramdisk_pfn);
    if (!apart)
        take(&next, list_pages, &lay->p2m.pfn);
    take(&next, 1, &lay->start_info_pfn);
    take(&next, 1, &lay->store_pfn);
    take(&next, 1, &lay->console_pfn);
    rc = plan_tables(ctx, lay, next);
    if (!rc)
        rc = check_addresses(ctx, notes, lay);
    if (rc)
        return rc;

    next = lay->boot.nr_pages;
    if (!lay->ramdisk_mapped)
        take(&next, pages(ramdisk_len), &lay->ramdisk_pfn);
    lay->p2m.nr_pages = list_pages;
    lay->p2m.va = pel_layout_va(lay, lay->p2m.pfn);
    if (apart) {
        lay->p2m.va = notes->init_p2m;
        take(&next, list_pages, &lay->p2m.pfn);
        lay->p2m.nr_tables = pel_tables_count(lay->p2m.va, list_pages);
        take(&next, lay->p2m.nr_tables, &lay->p2m.table_pfn);
    }
    lay->nr_used = next;
    if (lay->nr_used > nr_pages)
        return pel_fail(ctx, PEL_EINVAL,
                        "memory is too small: this kernel and ramdisk take "
                        "%llu MiB before they start",
                        (unsigned long long)((lay->nr_used + 255) >> 8));
    return 0;
}
