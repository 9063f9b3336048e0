/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking a dying domain's memory back.  Every page loses its pin, an
 * unfinished validation, and its allocation reference; the tables that refer
 * to it go the same way in the same pass, so order does not matter.  What is
 * left then is mapped by others: those pages are zombies, which keep the
 * domain's structure until they are let go.
 */
#include <hv/heap.h>
#include <hv/mm.h>

#include "local.h"

/* Pages dealt with between two looks at the clock. */
#define PAGES_PER_LOOK 32

/* Give up the allocation of @f, which moves to the zombies first. */
static void drop_allocation(struct domain *d, struct frame *f)
{
    uint64_t ref;

    lock_take(&d->page_lock);
    frame_list_del(f->ref & REF_SHARED ? &d->shared_pages_head : &d->pages_head,
                   f);
    frame_list_add(&d->zombie_pages_head, f);
    ref = __atomic_fetch_or(&f->ref, REF_ZOMBIE, __ATOMIC_SEQ_CST);
    lock_release(&d->page_lock);

    /* decrease_reservation may have given it up already. */
    ref |= REF_ZOMBIE;
    while (ref & REF_ALLOC) {
        if (cas64(&f->ref, &ref, ref & ~REF_ALLOC)) {
            frame_put_fast(f);
            return;
        }
    }
}

static int relinquish_page(struct domain *d, struct frame *f)
{
    int err;

    /*
     * Not freed under our hands: if others hold the last references, one of
     * our own keeps the frame until it has changed lists.
     */
    if (!frame_get_id(frame_mfn(f), d->id))
        return 0;

    err = f->type & TW_PINNED ? pt_unpin(frame_mfn(f), d) : 0;
    if (!err)
        err = frame_drop_partial(f);
    if (!err)
        drop_allocation(d, f);
    frame_put_fast(f);
    return err;
}

int mm_domain_relinquish(struct domain *d)
{
    unsigned int n = 0;

    heap_claim(d, 0);
    for_each_vcpu (v, d) {
        int err = pt_drop_finish(v);

        if (err)
            return err;
    }
    if (!d->nr_frames_held)
        return 0;

    /* Keep the structure while we look at its lists. */
    domain_get(d);
    for (;;) {
        uint32_t i =
            d->pages_head != FRAME_NONE ? d->pages_head : d->shared_pages_head;

        if (i == FRAME_NONE)
            break;
        if (relinquish_page(d, &frame_table[i]) == -ERESTART ||
            (++n % PAGES_PER_LOOK == 0 && preempt_needed())) {
            domain_put(d);
            return -ERESTART;
        }
    }
    domain_put(d);
    return 0;
}
