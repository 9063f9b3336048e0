/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's memory map: as the firmware says, but sorted and without
 * overlaps; and the allocator that serves until the heap exists.
 */
#include <hv/boot.h>
#include <hv/bug.h>
#include <hv/heap.h>
#include <hv/layout.h>
#include <hv/string.h>
#include "local.h"

/* BIOS data, the trampoline of other CPUs: not worth the trouble. */
#define LOW_MEMORY (1UL << 20)
#define LOW_PAGES_END 0x9f000UL  /* above: the BIOS' extended data, screens */
#define EARLY_MAPPED (1UL << 32) /* by head.S */
#define MAX_USED (MAX_BOOT_MODULES + 3)

extern char image_start[], image_end[];

unsigned long image_offset;

struct mem_region memmap[MAX_MEMMAP];
unsigned int nr_memmap;

static struct mem_region raw[MAX_MEMMAP] INIT_DATA;
static unsigned int nr_raw INIT_DATA;

/* RAM that boot_alloc() hands out, from its end downwards. */
static uint64_t pool_start, pool_end, pool_top;
static bool given_away;

/* EFI lists many pieces that are one to us. */
INIT_TEXT void memmap_add(uint64_t start, uint64_t end, uint32_t type)
{
    struct mem_region *last = &raw[nr_raw - 1];

    if (start >= end || !type)
        return;
    if (nr_raw && last->end == start && last->type == type)
        last->end = end;
    else if (nr_raw < MAX_MEMMAP)
        raw[nr_raw++] = (struct mem_region){ start, end, type };
}

INIT_TEXT bool memmap_empty(void) { return !nr_raw; }

uint64_t image_phys(const void *p)
{
    return (uint64_t)p - IMAGE_BASE + image_offset;
}

INIT_TEXT const void *boot_phys(uint64_t addr, size_t len)
{
    if (!addr || addr > EARLY_MAPPED || len > EARLY_MAPPED - addr)
        return NULL;
    return (const void *)(DIRECT_BASE + addr);
}

/* Of overlapping claims, the less usable one is believed. */
static INIT_TEXT uint32_t type_at(uint64_t addr)
{
    uint32_t type = 0;

    for (unsigned int i = 0; i < nr_raw; i++)
        if (raw[i].start <= addr && addr < raw[i].end)
            type = MAX(type, raw[i].type);
    return type;
}

/* The lowest boundary above @addr, or 0. */
static INIT_TEXT uint64_t next_boundary(uint64_t addr)
{
    uint64_t best = 0;

    for (unsigned int i = 0; i < nr_raw; i++) {
        if (raw[i].start > addr && (!best || raw[i].start < best))
            best = raw[i].start;
        if (raw[i].end > addr && (!best || raw[i].end < best))
            best = raw[i].end;
    }
    return best;
}

static INIT_TEXT void pick_pool(void);

INIT_TEXT void memmap_finish(void)
{
    uint64_t at = 0, next;

    for (; (next = next_boundary(at)); at = next) {
        uint32_t type = type_at(at);
        struct mem_region *last = &memmap[nr_memmap - 1];

        if (!type)
            continue;
        if (nr_memmap && last->end == at && last->type == type) {
            last->end = next;
            continue;
        }
        if (nr_memmap == MAX_MEMMAP)
            break;
        memmap[nr_memmap++] = (struct mem_region){ at, next, type };
    }
    pick_pool();
}

/* What of RAM holds something before the heap exists. */
static INIT_TEXT unsigned int used_ranges(struct mem_region *used)
{
    unsigned int n = 0;

    used[n++] = (struct mem_region){ 0, LOW_MEMORY, 0 };
    used[n++] = (struct mem_region){ image_phys(image_start),
                                     image_phys(image_end), 0 };
    for (unsigned int i = 0; i < boot_info.nr_modules; i++)
        used[n++] = (struct mem_region){
            ALIGN_DOWN(boot_info.module[i].start, PAGE_SIZE),
            ALIGN_UP(boot_info.module[i].end, PAGE_SIZE), 0
        };
    if (pool_top)
        used[n++] = (struct mem_region){ pool_end, pool_top, 0 };
    return n;
}

/* Call @fn for what is left of [@start, @end) without the used ranges. */
static INIT_TEXT void each_gap(uint64_t start, uint64_t end,
                               void (*fn)(uint64_t start, uint64_t end))
{
    struct mem_region used[MAX_USED];
    unsigned int n = used_ranges(used);

    while (start < end) {
        uint64_t stop = end, skip = end;

        for (unsigned int i = 0; i < n; i++) {
            if (used[i].end <= start || used[i].start >= stop)
                continue;
            stop = MAX(used[i].start, start);
            skip = used[i].end;
        }
        if (start < stop)
            fn(start, stop);
        start = stop == end ? end : skip;
    }
}

static INIT_TEXT void each_free_range(void (*fn)(uint64_t, uint64_t))
{
    for (unsigned int i = 0; i < nr_memmap; i++) {
        uint64_t start = ALIGN_UP(memmap[i].start, PAGE_SIZE);
        uint64_t end = ALIGN_DOWN(memmap[i].end, PAGE_SIZE);

        if (memmap[i].type == MEM_RAM)
            each_gap(start, end, fn);
    }
}

uint64_t boot_low_page(void)
{
    for (uint64_t at = LOW_PAGES_END - PAGE_SIZE; at; at -= PAGE_SIZE)
        for (unsigned int i = 0; i < nr_memmap; i++)
            if (memmap[i].type == MEM_RAM && memmap[i].start <= at &&
                at + PAGE_SIZE <= memmap[i].end)
                return at;
    return 0;
}

/* Below 4 GiB: that is what the first page tables map. */
static INIT_TEXT void consider_pool(uint64_t start, uint64_t end)
{
    end = MIN(end, EARLY_MAPPED);
    if (start < end && end - start > pool_end - pool_start) {
        pool_start = start;
        pool_end = end;
    }
}

static INIT_TEXT void pick_pool(void)
{
    each_free_range(consider_pool);
    pool_top = pool_end;
}

INIT_TEXT uint64_t boot_alloc(uint64_t bytes)
{
    bytes = ALIGN_UP(bytes, PAGE_SIZE);
    BUG_ON(given_away);
    if (bytes > pool_end - pool_start)
        panic("not enough memory below 4 GiB to boot");
    pool_end -= bytes;
    memset((void *)(DIRECT_BASE + pool_end), 0, bytes);
    return pool_end;
}

bool boot_alloc_usable(void) { return !given_away; }

INIT_TEXT void boot_free_ranges(void (*fn)(uint64_t start, uint64_t end))
{
    given_away = true;
    each_free_range(fn);
}

INIT_TEXT void boot_free_modules(void)
{
    for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
        uint64_t start = ALIGN_DOWN(boot_info.module[i].start, PAGE_SIZE);
        uint64_t end = ALIGN_UP(boot_info.module[i].end, PAGE_SIZE);

        if (start < end)
            heap_add_range(start, end);
    }
}
