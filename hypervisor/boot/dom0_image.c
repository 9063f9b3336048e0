/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where dom0's kernel, its tables and its start-of-day pages go: frame
 * numbers of its own pseudo-physical memory, before any of it is filled.
 */
#include <hv/bug.h>
#include "dom0.h"

/* Guests expect that much mapped room behind the last page in use. */
#define SPARE_PAGES (512UL * 1024 / PAGE_SIZE)
#define MAP_ALIGN (4UL * 1024 * 1024 / PAGE_SIZE)

/* Tables below the L4 that map [@start, @end); @end not included. */
static INIT_TEXT unsigned long tables_for(unsigned long start,
                                          unsigned long end)
{
    unsigned long n = 0;

    for (unsigned int shift = 21; shift <= 39; shift += 9)
        n += ((end - 1) >> shift) - (start >> shift) + 1;
    return n;
}

INIT_TEXT unsigned long dom0_va(const struct dom0_layout *l, unsigned long p)
{
    return l->image.virt_base + (p << PAGE_SHIFT);
}

/* The kernel's segments end here, in pages. */
static INIT_TEXT unsigned long kernel_pages(const struct elf_image *img)
{
    unsigned long end = 0;

    for (unsigned int i = 0; i < img->nr_segs; i++) {
        const struct elf_segment *s = &img->seg[i];

        if (s->paddr < img->paddr_offset)
            panic("dom0's kernel has a segment below its PADDR_OFFSET");
        end = MAX(end, s->paddr - img->paddr_offset + s->memsz);
    }
    return DIV_UP(end, PAGE_SIZE);
}

INIT_TEXT void dom0_layout(struct dom0_layout *l)
{
    const struct elf_image *img = &l->image;
    unsigned long list = DIV_UP(l->nr_pages * sizeof(unsigned long), PAGE_SIZE);
    unsigned long initrd = DIV_UP(l->initrd_len, PAGE_SIZE);
    unsigned long next = kernel_pages(img);

    if (!img->mod_start_pfn) {
        l->initrd = next;
        next += initrd;
    }
    if (!img->init_p2m) {
        l->p2m = next;
        next += list;
    }
    l->start_info = next++;
    l->tables = next;
    /* More tables may need more room to be mapped: try until it fits. */
    for (l->nr_tables = 4;; l->nr_tables++) {
        l->stack = l->tables + l->nr_tables;
        l->mapped = ALIGN_UP(l->stack + 1 + SPARE_PAGES, MAP_ALIGN);
        if (1 + tables_for(img->virt_base, dom0_va(l, l->mapped)) <=
            l->nr_tables)
            break;
    }
    next = l->mapped;
    if (img->mod_start_pfn) {
        l->initrd = next;
        next += initrd;
    }
    if (img->init_p2m) {
        l->p2m = next;
        next += list;
        l->p2m_tables = next;
        l->nr_p2m_tables =
            tables_for(img->init_p2m, img->init_p2m + (list << PAGE_SHIFT));
        next += l->nr_p2m_tables;
    }
    if (next > l->nr_pages)
        panic("dom0_mem is too small: %lu MiB are needed to start it",
              (next >> 8) + 1);
}
