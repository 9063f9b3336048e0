/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Publishing types: every transition of ptype.c goes into the frame's word
 * by compare-and-swap; tables are validated and devalidated here, entry by
 * entry, and may stop half-way (design D7).
 *
 * TOUR 4.3: progress is kept in the frame: entries [0, aux) hold references,
 * and the word is PARTIAL.  A validation that was stopped holds nothing for its
 * caller, who tries again from scratch and finds the progress.  A release
 * that was stopped still belongs to its caller, who must call again.
 */
#include <hv/hvmap.h>
#include <hv/mm.h>
#include <hv/spec.h>
#include <hv/string.h>

#include "local.h"

int l1_get_mmio(pte_t *pe, const struct domain *mapper, domid_t fd)
{
    mfn_t m = pte_mfn(*pe);

    if (frame_valid(m))
        return -EINVAL; /* RAM, and not @fd's */
    if ((fd != mapper->id && fd != DOMID_IO) || !mmio_permitted(mapper, m))
        return -EPERM;

    *pe = pt_adjust_mmio(pt_adjust_l1(*pe));
    return 0;
}

/* Tables are sparse: eight entries are passed over at once. */
static bool none(const pte_t *t)
{
    return !(t[0] | t[1] | t[2] | t[3] | t[4] | t[5] | t[6] | t[7]);
}

static bool none_present(const pte_t *t)
{
    return !((t[0] | t[1] | t[2] | t[3] | t[4] | t[5] | t[6] | t[7]) & PTE_P);
}

static int validate_l1(pte_t *t, const struct domain *d, unsigned int *n)
{
    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        pte_t e = t[i];
        int err;

        if (!(e & PTE_P)) {
            if (i % 8 == 0 && none(&t[i]))
                i += 7;
            if (!pt_l1tf_unsafe(e))
                continue;
            *n = i;
            return -EINVAL;
        }
        err = l1_entry_get(&e, d, d->id);
        if (unlikely(err)) {
            *n = i;
            return err;
        }
        t[i] = e;
    }
    return 0;
}

/* Never preempted: 512 entries take a few microseconds. */
static void devalidate_l1(const pte_t *t, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        if (t[i] & PTE_P)
            l1_entry_put(t[i]);
        else if (i % 8 == 0 && none_present(&t[i]))
            i += 7; /* past @n at most where nothing is held anyway */
    }
}

/* Tables of level 2 to 4, from entry *@n on. */
static int validate_upper(pte_t *t, enum page_type level,
                          const struct domain *d, unsigned int *n)
{
    for (unsigned int i = *n; i < PT_ENTRIES; i++) {
        pte_t e = t[i];
        int err;

        if (level == PT_L4 && pt_is_hv_slot(i))
            continue;
        if (unlikely(pt_l1tf_unsafe_upper(e))) {
            *n = i;
            return -EINVAL;
        }
        if (!(e & PTE_P))
            continue;
        err = e & table_refused ? -EINVAL
                                : frame_get_with_type(pte_mfn(e), d, level - 1);
        if (err) {
            *n = i;
            return err;
        }
        t[i] = e | PTE_US;

        if (i + 1 < PT_ENTRIES && preempt_needed()) {
            *n = i + 1;
            return -ERESTART;
        }
    }
    if (level == PT_L4)
        hvmap_fill_l4(t);
    return 0;
}

static int validate_segdesc(uint64_t *t)
{
    for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*t); i++)
        if (!desc_check(&t[i]))
            return -EINVAL;
    return 0;
}

/* Entries [*@n, 512); *@n says on failure how many hold references. */
static int validate(struct frame *f, enum page_type type, unsigned int *n)
{
    const struct domain *d = frame_owner_domain(ref_owner(f->ref));
    uint64_t *t = mfn_to_virt(frame_mfn(f));

    if (type == PT_WRITABLE)
        return 0; /* any bytes will do there */
    if (type == PT_SEGDESC)
        return validate_segdesc(t);
    if (!d)
        return -EINVAL; /* a page of ours never becomes a table */
    if (type == PT_L1)
        return validate_l1(t, d, n);
    return validate_upper(t, type, d, n);
}

/* Drop what entries [0, *@n) hold; -ERESTART with *@n lowered. */
static int devalidate(struct frame *f, enum page_type type, unsigned int *n,
                      bool preemptible)
{
    pte_t *t = mfn_to_virt(frame_mfn(f));

    if (type == PT_L1) {
        devalidate_l1(t, *n);
        *n = 0;
        return 0;
    }

    while (*n) {
        pte_t e = t[*n - 1];

        if ((e & PTE_P) && !(type == PT_L4 && pt_is_hv_slot(*n - 1))) {
            if (frame_put_type(pte_mfn(e), preemptible))
                return -ERESTART; /* the child's reference is still ours */
            frame_put(pte_mfn(e));
            if (*n > 1 && preemptible && preempt_needed()) {
                --*n;
                return -ERESTART;
            }
        }
        --*n;
    }
    if (type != PT_L4)
        return 0;
    xpti_l4_changed(); /* its frame may come back as another L4 */
    /* A guest need not read where our own tables are. */
    memset(&t[HV_L4_FIRST], 0, (HV_L4_LAST - HV_L4_FIRST + 1) * sizeof(*t));
    track_mark(frame_mfn(f));
    return 0;
}

/* Unlock the word; nobody else has changed it. */
static void publish(struct frame *f, uint64_t w)
{
    ASSERT(f->type & TW_LOCKED);
    __atomic_store_n(&f->type, w, __ATOMIC_RELEASE);
}

/*
 * PARTIAL owns a reference of the frame.  The caller holds one of its own,
 * so adding is plain arithmetic and dropping is never the last.
 */
static void publish_partial(struct frame *f, uint64_t w, unsigned int n,
                            bool failed)
{
    f->aux = n;
    if (!(w & TW_PARTIAL))
        __atomic_fetch_add(&f->ref, 1, __ATOMIC_RELAXED);
    publish(f, ptype_stopped(w, failed));
}

/* @w is the word, which this CPU has locked; the caller has a reference. */
static int finish_get(struct frame *f, uint64_t w)
{
    unsigned int n = w & TW_PARTIAL ? f->aux : 0;
    enum page_type type = tw_type(w);
    int err = w & TW_FAILED ? -EINVAL : validate(f, type, &n);

    track_mark(frame_mfn(f)); /* entries may have been adjusted */
    if (!err) {
        f->aux = 0; /* no shadow yet */
        publish(f, ptype_validated(w));
        if (w & TW_PARTIAL)
            frame_put_fast(f);
        return 0;
    }
    if (err == -ERESTART) {
        publish_partial(f, w, n, false);
        return -ERESTART;
    }
    if (ptype_is_table(type) && devalidate(f, type, &n, true)) {
        publish_partial(f, w, n, true);
        return -ERESTART;
    }

    f->aux = 0;
    tlb_note(f);
    publish(f, ptype_refused(w));
    if ((w & TW_PARTIAL) && !(w & TW_COUNT))
        frame_put_fast(f);
    return -EINVAL;
}

int frame_type_make(struct frame *f, enum page_type want)
{
    uint64_t old = load64(&f->type), w;

    for (;;) {
        int r;

        w = old;
        r = ptype_get(&w, want);
        if (r == -EAGAIN) {
            spin_relax();
            old = load64(&f->type);
            continue;
        }
        if (r < 0)
            return r;
        if (cas64(&f->type, &old, w)) {
            if (r == PTYPE_DONE)
                return 0;
            break;
        }
    }

    /* PT-1: whoever could use it in the old way must not be able to now. */
    if (tw_type(old) != want && tw_type(old) != PT_NONE)
        tlb_flush_stale(f->tlb_stamp,
                        frame_owner_domain(ref_owner(load64(&f->ref))));
    return finish_get(f, w);
}

/* The last use of a table: @w is the locked word. */
static int finish_put(struct frame *f, uint64_t w, bool preemptible)
{
    unsigned int n = ptype_holds_entries(w, f->aux);

    if (w & TW_VALID)
        track_drop(f);
    if (devalidate(f, tw_type(w), &n, preemptible)) {
        publish_partial(f, w, n, false);
        return -ERESTART;
    }

    f->aux = 0;
    tlb_note(f);
    publish(f, ptype_dropped(w));
    if (w & TW_PARTIAL)
        frame_put_fast(f);
    return 0;
}

/* frame_put_type() of what may be the last use. */
static int __attribute__((noinline)) put_type(struct frame *f, bool preemptible)
{
    uint64_t old = load64(&f->type), w;

    for (;;) {
        int r;

        w = old;
        r = ptype_put(&w);
        if (r == -EAGAIN) {
            spin_relax();
            old = load64(&f->type);
            continue;
        }
        if (!(w & TW_COUNT))
            tlb_note(f); /* before anybody can see count 0 */
        if (cas64(&f->type, &old, w)) {
            if (r == PTYPE_DONE)
                return 0;
            return finish_put(f, w, preemptible);
        }
    }
}

int frame_put_type(mfn_t m, bool preemptible)
{
    struct frame *f = frame_of(m);
    uint64_t w = load64(&f->type);

    while (likely(!(w & TW_LOCKED) && (w & TW_COUNT) > 1))
        if (likely(cas64(&f->type, &w, w - 1)))
            return 0;
    return put_type(f, preemptible);
}

/*
 * A validation that was stopped and never taken up again (the guest is
 * gone): the same as a release, but that no count is given up.
 */
int frame_drop_partial(struct frame *f)
{
    uint64_t old = load64(&f->type);
    unsigned int n;

    do {
        if ((old & (TW_PARTIAL | TW_LOCKED)) != TW_PARTIAL || (old & TW_COUNT))
            return 0;
    } while (!cas64(&f->type, &old, old | TW_LOCKED));

    n = f->aux;
    if (devalidate(f, tw_type(old), &n, true)) {
        publish_partial(f, old | TW_LOCKED, n, true);
        return -ERESTART;
    }
    f->aux = 0;
    tlb_note(f);
    publish(f, ptype_refused(old | TW_LOCKED));
    frame_put_fast(f);
    return 0;
}

int frame_get_type(mfn_t m, enum page_type want)
{
    return frame_type_get(frame_of(m), want);
}

int frame_get_with_type(mfn_t m, const struct domain *d, enum page_type want)
{
    int err;

    if (!frame_get_id(m, d->id))
        return -EINVAL;

    err = frame_type_get(frame_of(m), want);
    if (err)
        frame_put_fast(frame_of(m));
    return err;
}

void frame_put_with_type(mfn_t m)
{
    frame_put_type(m, false);
    frame_put_fast(frame_of(m));
}
