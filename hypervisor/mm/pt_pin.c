/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables that stay validated although nothing uses them (pins), the bases of
 * vCPUs, and what remains to be done when a release was preempted.
 */
#include <hv/mm.h>

#include "local.h"

/*
 * Set or clear the pin of @f, in whose type word the caller has a use: while
 * it is locked, its word belongs to somebody else.  Returns: it was so before.
 */
static bool pin_change(struct frame *f, bool pinned)
{
    uint64_t w = load64(&f->type);

    for (;;) {
        if (!!(w & TW_PINNED) == pinned)
            return true;
        if (w & TW_LOCKED) {
            spin_relax(); /* who has it locked may wait for our flush */
            w = load64(&f->type);
        } else if (cas64(&f->type, &w, w ^ TW_PINNED)) {
            return false;
        }
    }
}

/*
 * Drop a use and a reference that are, or stand beside, a pin's.  They are
 * given up only when the table is devalidated: if that is preempted they are
 * a pin's (again).  Should another CPU have pinned it meanwhile, that holds it,
 * and ours can go.
 */
static int put_or_pin(mfn_t m)
{
    while (frame_put_type(m, true))
        if (!pin_change(frame_of(m), true))
            return -ERESTART;
    frame_put(m);
    return 0;
}

int pt_pin(mfn_t m, const struct domain *owner, enum page_type level)
{
    int err = frame_get_with_type(m, owner, level);

    if (err)
        return err;
    if (pin_change(frame_of(m), true)) {
        put_or_pin(m);
        return -EINVAL;
    }
    return 0;
}

int pt_unpin(mfn_t m, const struct domain *owner)
{
    struct frame *f = frame_of(m);
    int err;

    if (!frame_get_id(m, owner->id))
        return -EINVAL;
    if (pin_change(f, false)) {
        frame_put(m);
        return -EINVAL;
    }

    err = put_or_pin(m);
    frame_put(m);
    return err;
}

void pt_drop_later(struct vcpu *v, mfn_t m)
{
    unsigned long *drop = &v->pt_drop[v->pt_drop[0] != 0];

    ASSERT(!*drop);
    *drop = mfn_x(m) + 1;
}

int pt_drop_finish(struct vcpu *v)
{
    if (likely(!v->pt_drop[0]))
        return 0;

    for (unsigned int i = ARRAY_SIZE(v->pt_drop); i--;) {
        mfn_t m = mfn(v->pt_drop[i] - 1);

        if (!v->pt_drop[i])
            continue;
        if (frame_put_type(m, true))
            return -ERESTART;
        v->pt_drop[i] = 0;
        frame_put(m);
    }
    return 0;
}

/* CR3, if the base that changed is that of the mode @v is in. */
static void load_base(struct vcpu *v, bool user)
{
    if (v->kernel_mode != user)
        vcpu_load_cr3(v);
}

unsigned long pt_base_cr3(struct vcpu *v, bool user)
{
    mfn_t m = user ? v->guest_table_user : v->guest_table;

    if (unlikely(v->domain->track))
        return track_base(v, user);
    return mfn_eq(m, MFN_INVALID) ? 0 : mfn_x(m) << PAGE_SHIFT;
}

int pt_set_base(struct vcpu *v, mfn_t m, bool user)
{
    mfn_t *base = user ? &v->guest_table_user : &v->guest_table;
    mfn_t old = *base;
    int err = pt_drop_finish(v);

    if (err)
        return err;

    if (mfn_eq(m, old)) {
        load_base(v, user); /* a guest may mean it as a flush */
        return 0;
    }

    if (!mfn_eq(m, MFN_INVALID)) {
        err = frame_get_with_type(m, v->domain, PT_L4);
        if (err)
            return err;
    }

    /* The new tables are in CR3 before the old ones can be freed. */
    *base = m;
    v->cr3[!user] = pt_base_cr3(v, user);
    load_base(v, user);
    if (mfn_eq(old, MFN_INVALID))
        return 0;

    pt_drop_later(v, old);
    return pt_drop_finish(v);
}
