/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages for domains and for ourselves.  Freed pages are dirty until they are
 * scrubbed, in the idle loop or at the latest when they are handed out: a
 * page never reaches a new owner with the old one's bytes in it, nor while
 * an old translation of it may be cached.
 */
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/heap.h>
#include <hv/lock.h>
#include <hv/mm.h>
#include <hv/string.h>

#include "buddy.h"
#include "local.h"

static struct lock heap_lock = LOCK_INIT(LR_HEAP);
static struct buddy buddy; /* heap_lock */
static unsigned long total_pages;

/* Pages scrubbed before we look for other work. */
#define SCRUB_ORDER 4

void INIT_TEXT heap_add_range(uint64_t start, uint64_t end)
{
    unsigned long m = ALIGN_UP(start, PAGE_SIZE) >> PAGE_SHIFT;
    unsigned long stop = end >> PAGE_SHIFT;

    if (!m)
        m = 1; /* frame 0 would be a block of a zone of its own */
    while (m < stop) {
        unsigned int order = BUDDY_ORDERS - 1;

        while ((m & ((1UL << order) - 1)) || m + (1UL << order) > stop)
            order--;
        buddy_free(&buddy, (uint32_t)m, order, true);
        m += 1UL << order;
    }
}

void INIT_TEXT heap_init(void)
{
    buddy_init(&buddy, frame_table, max_mfn);
    boot_free_ranges(heap_add_range);
    for (unsigned long m = 0; m < max_mfn; m++)
        total_pages += frame_valid(mfn(m));
    log_info("memory: %lu MiB, %lu MiB free\n", total_pages >> 8,
             buddy.nr_free >> 8);
}

bool heap_scrub_some(void)
{
    unsigned int order = SCRUB_ORDER;
    uint32_t i;
    bool more;

    lock_take(&heap_lock);
    i = buddy_take_dirty(&buddy, &order);
    lock_release(&heap_lock);
    if (i == FRAME_NONE)
        return false;

    for (unsigned long n = 0; n < 1UL << order; n++)
        clear_page(mfn_to_virt(mfn(i + n)));

    lock_take(&heap_lock);
    buddy_free(&buddy, i, order, false);
    more = buddy.nr_dirty;
    lock_release(&heap_lock);
    return more;
}

/* Make blocks whole that are split only because half of them is dirty. */
#define DEFRAGMENT_STEPS 1024

mfn_t heap_take(unsigned int order, unsigned int max_bits)
{
    unsigned int bits = max_bits ? max_bits - MIN(max_bits, PAGE_SHIFT) : 64;
    unsigned int tries = order ? DEFRAGMENT_STEPS : 0;
    bool dirty = false;
    uint32_t i, stamp = 0;

    for (;;) {
        lock_take(&heap_lock);
        i = buddy_alloc(&buddy, order, bits, &dirty);
        lock_release(&heap_lock);
        if (i != FRAME_NONE)
            break;
        if (!tries-- || !heap_scrub_some())
            return MFN_INVALID;
    }

    for (unsigned long n = 0; n < 1UL << order; n++) {
        struct frame *f = &frame_table[i + n];

        stamp = MAX(stamp, f->tlb_stamp);
        f->ref = ref_make(OWNER_HV, 0);
        f->type = 0;
        f->aux = 0;
        if (dirty)
            clear_page(mfn_to_virt(mfn(i + n)));
    }
    tlb_flush_stale(stamp);
    return mfn(i);
}

void heap_give(mfn_t m, unsigned int order)
{
    lock_take(&heap_lock);
    buddy_free(&buddy, (uint32_t)mfn_x(m), order, true);
    lock_release(&heap_lock);
}

void *heap_alloc(unsigned int order)
{
    mfn_t m = heap_take(order, 0);

    if (mfn_eq(m, MFN_INVALID))
        return NULL;
    for (unsigned long n = 0; n < 1UL << order; n++)
        frame_of(mfn_add(m, n))->ref = ref_make(OWNER_HV, 0) | 1;
    return mfn_to_virt(m);
}

/*
 * A page shared with a domain is freed with its last mapping: until then it
 * is doomed, and frame_last_put() sends it back.
 */
static bool free_shared(struct frame *f)
{
    uint64_t ref = load64(&f->ref);
    struct domain *d = frame_owner_domain(ref_owner(ref));
    bool last = false;

    if (!(ref & REF_SHARED) || !d)
        return false;

    lock_take(&d->page_lock);
    ref = load64(&f->ref);
    if (!(ref & REF_SHARED)) { /* it has just come back to us */
        lock_release(&d->page_lock);
        return false;
    }
    for (;;) {
        uint64_t new = (ref | REF_DOOMED) & ~REF_ALLOC;

        ASSERT(!(ref & REF_DOOMED));
        if (ref & REF_ALLOC)
            new -= 1;
        if (cas64(&f->ref, &ref, new)) {
            last = (ref & REF_ALLOC) && !(uint32_t) new;
            break;
        }
    }
    lock_release(&d->page_lock);

    if (last)
        frame_last_put(f);
    return true;
}

void heap_free(void *p, unsigned int order)
{
    mfn_t m;

    if (!p)
        return;

    m = virt_to_mfn(p);
    if (!order && free_shared(frame_of(m)))
        return;
    for (unsigned long n = 0; n < 1UL << order; n++)
        ASSERT(frame_owner(mfn_add(m, n)) == OWNER_HV);
    heap_give(m, order);
}

mfn_t heap_alloc_domain(struct domain *d, unsigned int order,
                        unsigned int max_bits)
{
    mfn_t m = heap_take(order, max_bits);

    if (mfn_eq(m, MFN_INVALID))
        return m;
    if (!frames_assign(d, m, 1UL << order)) {
        heap_give(m, order);
        return MFN_INVALID;
    }
    return m;
}

unsigned long heap_free_pages(void) { return buddy.nr_free; }

unsigned long heap_total_pages(void) { return total_pages; }
