/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages for domains and for ourselves.
 *
 * TOUR 2.3: freed pages are dirty until they are
 * scrubbed, in the idle loop or at the latest when they are handed out: a
 * page never reaches a new owner with the old one's bytes in it, nor while
 * an old translation of it may be cached.  Only a domain that takes back a
 * page of its own may find there what it left.
 */
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/heap.h>
#include <hv/lock.h>
#include <hv/string.h>

#include "buddy.h"
#include "local.h"

static struct lock heap_lock = LOCK_INIT(LR_HEAP);
static struct buddy buddy; /* heap_lock */
static unsigned long total_pages;
static unsigned long claimed_pages; /* heap_lock: sum of all domains' */

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
        buddy_free(&buddy, (uint32_t)m, order, LEFT_BY_US);
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

static bool scrub_some(void)
{
    unsigned int order = SCRUB_ORDER;
    uint32_t i;
    bool more;

    lock_take(&heap_lock);
    i = buddy_take_dirty(&buddy, &order);
    lock_release(&heap_lock);
    if (i == FRAME_NONE)
        return false;

    tlb_flush_block(&frame_table[i], 1UL << order); /* or it gets dirty again */
    for (unsigned long n = 0; n < 1UL << order; n++)
        clear_page(mfn_to_virt(mfn(i + n)));

    lock_take(&heap_lock);
    buddy_free(&buddy, i, order, 0);
    more = buddy.nr_dirty;
    lock_release(&heap_lock);
    return more;
}

/* One CPU at a time: idle ones must not queue up before busy ones. */
bool heap_scrub_some(void)
{
    static bool scrubbing;
    bool more;

    if (__atomic_exchange_n(&scrubbing, true, __ATOMIC_ACQUIRE))
        return false;
    more = scrub_some();
    __atomic_store_n(&scrubbing, false, __ATOMIC_RELEASE);
    return more;
}

/*
 * A block may be missing only because half of it is dirty and half is clean.
 * Scrubbing joins them: about a millisecond's worth of it is tried.
 */
#define DEFRAGMENT_STEPS 64

mfn_t heap_take(unsigned int order, unsigned int max_bits,
                const struct domain *d)
{
    unsigned long own = d ? d->claimed_pages : 0;
    uint64_t left_by = d ? d->serial : 0;
    unsigned int bits = max_bits ? max_bits - MIN(max_bits, PAGE_SHIFT) : 64;
    unsigned int tries = order && !max_bits ? DEFRAGMENT_STEPS : 0;
    bool dirty = false;
    uint32_t i;

    for (;;) {
        lock_take(&heap_lock);
        if (unlikely(buddy.nr_free + own < claimed_pages + (1UL << order))) {
            lock_release(&heap_lock);
            return MFN_INVALID;
        }
        i = buddy_alloc(&buddy, order, bits, &dirty);
        lock_release(&heap_lock);
        if (i != FRAME_NONE)
            break;
        if (!tries-- || !scrub_some())
            return MFN_INVALID;
    }

    /* First: through an old translation it could be written once more. */
    tlb_flush_block(&frame_table[i], 1UL << order);
    for (unsigned long n = 0; n < 1UL << order; n++) {
        struct frame *f = &frame_table[i + n];

        f->ref = ref_make(OWNER_HV, 0);
        if (dirty && f->type != left_by)
            clear_page(mfn_to_virt(mfn(i + n)));
        f->type = 0;
        f->aux = 0;
    }
    return mfn(i);
}

/* Change what @d has set aside.  Lock: heap_lock. */
static void set_claim_locked(struct domain *d, unsigned long pages)
{
    claimed_pages += pages - d->claimed_pages;
    d->claimed_pages = pages;
}

int heap_claim(struct domain *d, unsigned long pages)
{
    unsigned long more = pages - d->tot_pages;
    int err = 0;

    if (pages && (pages <= d->tot_pages || pages > d->max_pages ||
                  d->life >= LIFE_DYING))
        return -EINVAL;

    lock_take(&heap_lock);
    if (!pages)
        set_claim_locked(d, 0);
    else if (d->claimed_pages)
        err = -EINVAL;
    else if (buddy.nr_free < claimed_pages + more)
        err = -ENOMEM;
    else
        set_claim_locked(d, more);
    lock_release(&heap_lock);

    return err;
}

unsigned long heap_claimed_pages(void) { return claimed_pages; }

void heap_give(mfn_t m, unsigned int order, uint64_t left_by)
{
    ASSERT(left_by);
    lock_take(&heap_lock);
    buddy_free(&buddy, (uint32_t)mfn_x(m), order, left_by);
    lock_release(&heap_lock);
}

void *heap_alloc(unsigned int order)
{
    mfn_t m = heap_take(order, 0, NULL);

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
    heap_give(m, order, LEFT_BY_US);
}

mfn_t heap_alloc_domain(struct domain *d, unsigned int order,
                        unsigned int max_bits)
{
    mfn_t m;

    /* For certain only in frames_assign(), but before scrubbing in vain. */
    if (d->tot_pages + (1UL << order) > d->max_pages)
        return MFN_INVALID;
    m = heap_take(order, max_bits, d);
    if (mfn_eq(m, MFN_INVALID))
        return m;
    if (!frames_assign(d, m, 1UL << order)) {
        heap_give(m, order, d->serial);
        return MFN_INVALID;
    }
    if (d->claimed_pages) {
        lock_take(&heap_lock);
        set_claim_locked(d, d->claimed_pages -
                                MIN(d->claimed_pages, 1UL << order));
        lock_release(&heap_lock);
    }
    return m;
}

unsigned long heap_free_pages(void) { return buddy.nr_free; }

unsigned long heap_total_pages(void) { return total_pages; }
