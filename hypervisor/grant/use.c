/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Using an entry of a grant table: checking what the guest has written there,
 * marking it as in use, and holding its frame (GR-1).
 */
#include <hv/bug.h>
#include <hv/frame.h>
#include <hv/spin.h>
#include "local.h"

/* A few attempts: a guest that keeps changing its entry loses. */
#define MARK_TRIES 8

void active_lock(struct active *a)
{
    while (__atomic_exchange_n(&a->held, 1, __ATOMIC_ACQUIRE))
        spin_relax();
}

void active_release(struct active *a)
{
    __atomic_store_n(&a->held, 0, __ATOMIC_RELEASE);
}

/* What somebody wants of an entry. */
struct want {
    domid_t user;
    bool read_only;
    bool parts; /* a part of the page will do */
};

/* Flags and domain of a guest's entry are one 32-bit word in both versions. */
static bool permits(uint32_t word, const struct want *w)
{
    return (word & GTF_type_mask) == GTF_permit_access &&
           word >> 16 == w->user && (w->parts || !(word & GTF_sub_page)) &&
           (w->read_only || !(word & GTF_readonly));
}

/*
 * Version 1: the marks are in the same word.  Check and mark it in one
 * compare-and-swap, or the guest could change it between.
 */
static bool mark_v1(uint32_t *word, const struct want *w, uint16_t marks)
{
    uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED);

    for (unsigned int i = 0; i < MARK_TRIES; i++) {
        if (!permits(old, w) || old & GTF_sub_page)
            return false;
        if (__atomic_compare_exchange_n(word, &old, old | marks, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

/*
 * Version 2: the marks are elsewhere.  Mark, then look again: a guest that
 * ends the grant clears its word first and looks at the marks after that.
 */
static bool mark_v2(const uint32_t *word, grant_status_t *status,
                    const struct want *w, uint16_t marks, bool *part)
{
    for (unsigned int i = 0; i < MARK_TRIES; i++) {
        uint32_t old = __atomic_load_n(word, __ATOMIC_ACQUIRE);

        if (!permits(old, w))
            return false;
        __atomic_fetch_or(status, marks, __ATOMIC_SEQ_CST);
        *part = old & GTF_sub_page;
        if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == old)
            return true;
        __atomic_fetch_and(status, (grant_status_t)~marks, __ATOMIC_SEQ_CST);
    }
    return false;
}

static void unmark(const struct grant_table *t, grant_ref_t ref, uint16_t marks)
{
    uint16_t *word =
        t->version == 1 ? &grant_v1(t, ref)->flags : grant_status(t, ref);

    __atomic_fetch_and(word, (uint16_t)~marks, __ATOMIC_SEQ_CST);
}

/* Which frame, and which part of it; read once, as it may change any time. */
static bool read_place(const struct grant_table *t, grant_ref_t ref, bool part,
                       struct grant_use *p)
{
    const union grant_entry_v2 *e;

    p->start = 0;
    p->length = PAGE_SIZE;
    if (t->version == 1) {
        p->m = mfn(__atomic_load_n(&grant_v1(t, ref)->frame, __ATOMIC_RELAXED));
        return true;
    }
    e = grant_v2(t, ref);
    p->m = mfn(__atomic_load_n(&e->full_page.frame, __ATOMIC_RELAXED));
    if (part) {
        p->start = __atomic_load_n(&e->sub_page.page_off, __ATOMIC_RELAXED);
        p->length = __atomic_load_n(&e->sub_page.length, __ATOMIC_RELAXED);
    }
    return p->start + p->length <= PAGE_SIZE;
}

/* Take what GR-1 demands before the counts may rise.  Lock: the entry's. */
static bool hold_locked(struct domain *owner, struct active *a, grant_ref_t ref,
                        const struct want *w)
{
    const struct grant_table *t = owner->grant;
    bool first = !a->readers && !a->writers, part = false, ok;
    uint16_t marks =
        (first ? GTF_reading : 0) | (w->read_only ? 0 : GTF_writing);
    struct grant_use place = { mfn(a->mfn), a->start, a->length };

    if (t->version == 1)
        ok = mark_v1((uint32_t *)grant_v1(t, ref), w, marks);
    else
        ok = mark_v2((uint32_t *)grant_v2(t, ref), grant_status(t, ref), w,
                     marks, &part);
    if (!ok)
        return false;

    if (first &&
        (!read_place(t, ref, part, &place) || !frame_get(place.m, owner)))
        goto undo;
    if (!w->read_only && frame_get_type(place.m, PT_WRITABLE)) {
        if (first)
            frame_put(place.m);
        goto undo;
    }
    a->mfn = mfn_x(place.m);
    a->start = place.start;
    a->length = place.length;
    a->domid = w->user;

    return true;
undo:
    unmark(t, ref, marks);
    return false;
}

/* The whole of grant_pin() but for finding the entry.  Lock: the entry's. */
static int pin_locked(struct domain *owner, struct active *a, grant_ref_t ref,
                      const struct want *w)
{
    const struct grant_table *t = owner->grant;
    bool used = a->readers || a->writers;

    if (__atomic_load_n(&t->switching, __ATOMIC_RELAXED))
        return GNTST_eagain;
    if (ref >= grant_nr_entries(t))
        return GNTST_bad_gntref;
    if (used && (a->domid != w->user || (a->length != PAGE_SIZE && !w->parts)))
        return GNTST_general_error;
    if (a->readers == UINT16_MAX || a->writers == UINT16_MAX)
        return GNTST_no_space;
    if ((!used || (!w->read_only && !a->writers)) &&
        !hold_locked(owner, a, ref, w))
        return GNTST_general_error;

    return GNTST_okay;
}

int grant_pin(struct domain *owner, grant_ref_t ref, domid_t user,
              bool read_only, bool parts, struct grant_use *out)
{
    const struct want want = { user, read_only, parts };
    struct grant_table *t = owner->grant;
    unsigned long nr =
        __atomic_load_n(&t->nr_frames, __ATOMIC_ACQUIRE) * GRANTS_PER_FRAME;
    struct active *a;
    int status;

    if (ref >= nr)
        return GNTST_bad_gntref;
    ref = nospec_index(ref, nr);

    a = grant_active(t, ref);
    active_lock(a);
    status = pin_locked(owner, a, ref, &want);
    if (status == GNTST_okay) {
        if (read_only)
            a->readers++;
        else
            a->writers++;
        *out = (struct grant_use){ mfn(a->mfn), a->start, a->length };
    }
    active_release(a);

    return status;
}

void grant_unpin(struct domain *owner, grant_ref_t ref, bool read_only)
{
    struct grant_table *t = owner->grant;
    struct active *a = grant_active(t, ref);
    uint16_t marks = 0;

    active_lock(a);
    ASSERT(read_only ? a->readers : a->writers);
    if (read_only) {
        a->readers--;
    } else if (!--a->writers) {
        frame_put_type(mfn(a->mfn), false);
        marks = GTF_writing;
    }
    if (!a->readers && !a->writers) {
        frame_put(mfn(a->mfn));
        marks |= GTF_reading;
    }
    if (marks)
        unmark(t, ref, marks);
    active_release(a);
}
