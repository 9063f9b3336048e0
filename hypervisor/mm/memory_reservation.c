/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_op: giving pages to domains, taking them back, swapping them. */
#include <hv/heap.h>
#include <hv/mm.h>

#include "local.h"
#include "memory.h"

/*
 * Give up the allocation of one page; others' references keep it alive.  Not of
 * a pinned table among many: taking them all apart would take too long.
 */
static bool give_back(struct domain *d, mfn_t m, bool alone)
{
    struct frame *f = frame_of(m);
    uint64_t ref;

    if (!frame_get_id(m, d->id))
        return false;

    if (f->type & TW_PINNED) {
        if (!alone) {
            frame_put_fast(f);
            return false;
        }
        pt_unpin(m, d); /* a table that cannot be dropped at once stays */
    }

    ref = load64(&f->ref);
    while ((ref & (REF_ALLOC | REF_SHARED)) == REF_ALLOC) {
        if ((uint32_t)ref > 2) /* else frame_last_put() does it */
            m2p_set(m, M2P_INVALID);
        if (cas64(&f->ref, &ref, (ref & ~REF_ALLOC) - 2)) {
            if ((uint32_t)ref == 2)
                frame_last_put(f);
            return true;
        }
    }
    frame_put_fast(f);
    return true;
}

struct reservation {
    struct domain *d;
    struct xen_memory_reservation r;
    unsigned long u_extents;
};

/* Each takes or makes extent @i; false ends the call there. */

static bool increase(struct reservation *s, unsigned long i)
{
    mfn_t m = heap_alloc_domain(s->d, s->r.extent_order,
                                XENMEMF_get_address_bits(s->r.mem_flags));
    xen_pfn_t base = mfn_x(m);

    if (mfn_eq(m, MFN_INVALID))
        return false;
    return !s->u_extents || !COPY_TO_GUEST_IDX(s->u_extents, i, &base);
}

/*
 * Name a page that @d has just got.  Another vCPU may have given it back
 * already: then it is somebody else's.
 */
static void set_pfn(struct domain *d, mfn_t m, unsigned long pfn)
{
    if (!frame_get_id(m, d->id))
        return;
    m2p_set(m, pfn);
    frame_put_fast(frame_of(m));
}

static bool populate(struct reservation *s, unsigned long i)
{
    unsigned long u_extent = s->u_extents + i * sizeof(xen_pfn_t);
    xen_pfn_t gpfn;
    mfn_t m;

    if (get_guest_u64(&gpfn, u_extent))
        return false;
    m = heap_alloc_domain(s->d, s->r.extent_order,
                          XENMEMF_get_address_bits(s->r.mem_flags));
    if (mfn_eq(m, MFN_INVALID))
        return false;

    for (unsigned long n = 0; n < 1UL << s->r.extent_order; n++)
        set_pfn(s->d, mfn_add(m, n), gpfn + n);
    return !put_guest_u64(u_extent, mfn_x(m));
}

static bool decrease(struct reservation *s, unsigned long i)
{
    xen_pfn_t base;

    if (get_guest_u64(&base, s->u_extents + i * sizeof(base)))
        return false;
    for (unsigned long n = 0; n < 1UL << s->r.extent_order; n++)
        if (!give_back(s->d, mfn(base + n), !s->r.extent_order))
            return false;
    return true;
}

static bool (*const extent_fn[])(struct reservation *s, unsigned long i) = {
    [XENMEM_increase_reservation] = increase,
    [XENMEM_decrease_reservation] = decrease,
    [XENMEM_populate_physmap] = populate,
};

/* Pages between two looks at the clock. */
#define PAGES_PER_LOOK 16

/* Returns the number of extents that are done; never an error (ABI). */
long memory_reservation(struct hcall *h, unsigned long u)
{
    unsigned int cmd = h->arg[0] & MEMOP_CMD_MASK;
    unsigned long start = h->arg[0] >> MEMOP_EXTENT_SHIFT, i;
    struct reservation s;

    if (copy_from_guest(&s.r, u, sizeof(s.r)) ||
        s.r.nr_extents > ~0UL >> MEMOP_EXTENT_SHIFT ||
        s.r.extent_order > memory_max_order(h->caller->domain) ||
        start >= s.r.nr_extents || memory_target(h, s.r.domid, &s.d))
        return start;

    s.u_extents = (unsigned long)s.r.extent_start.p;
    for (i = start; i < s.r.nr_extents; i++) {
        if (i > start && !((i << s.r.extent_order) % PAGES_PER_LOOK) &&
            preempt_needed()) {
            domain_put(s.d);
            h->arg[0] = cmd | i << MEMOP_EXTENT_SHIFT;
            return -ERESTART;
        }
        if (!extent_fn[cmd](&s, i))
            break;
    }
    domain_put(s.d);
    return i;
}

/*
 * XENMEM_exchange, one chunk at a time: as many pages as the larger of both
 * extents has.  Pages of a chunk that were taken from the domain hang on a
 * list until the new ones stand; until then the chunk can be undone.
 */
struct exchange {
    struct domain *d;
    struct xen_memory_exchange x;
    uint32_t taken, fresh; /* heads of lists of frames */
};

static bool exchange_valid(const struct xen_memory_exchange *x,
                           const struct domain *caller)
{
    unsigned int in = x->in.extent_order, out = x->out.extent_order;
    unsigned int max = memory_max_order(caller);

    return x->in.domid == x->out.domid && in <= max && out <= max &&
           x->in.nr_extents <= ~0UL >> 16 && x->out.nr_extents <= ~0UL >> 16 &&
           x->in.nr_extents << in == x->out.nr_extents << out &&
           x->nr_exchanged <= x->in.nr_extents &&
           /* A whole number of chunks, and of those that are done. */
           !(in < out && ((x->in.nr_extents | x->nr_exchanged) &
                          ((1UL << (out - in)) - 1)));
}

static int take_chunk(struct exchange *s, unsigned long first, unsigned long nr)
{
    for (unsigned long i = first; i < first + nr; i++) {
        xen_pfn_t base;

        if (COPY_FROM_GUEST_IDX(&base, s->x.in.extent_start.p, i))
            return -EFAULT;
        for (unsigned long n = 0; n < 1UL << s->x.in.extent_order; n++) {
            if (!frame_steal(mfn(base + n), s->d))
                return -EINVAL; /* not its page, or still mapped */
            frame_list_add(&s->taken, frame_of(mfn(base + n)));
        }
    }
    return 0;
}

static int make_chunk(struct exchange *s, unsigned long nr)
{
    unsigned int bits = XENMEMF_get_address_bits(s->x.out.mem_flags);

    for (unsigned long i = 0; i < nr; i++) {
        mfn_t m = heap_take(s->x.out.extent_order, bits, NULL);

        if (mfn_eq(m, MFN_INVALID))
            return -ENOMEM;
        frame_list_add(&s->fresh, frame_of(m));
    }
    return 0;
}

static mfn_t list_pop(uint32_t *head)
{
    mfn_t m = mfn(*head);

    frame_list_del(head, frame_of(m));
    return m;
}

static void undo_chunk(struct exchange *s)
{
    while (s->fresh != FRAME_NONE)
        heap_give(list_pop(&s->fresh), s->x.out.extent_order, LEFT_BY_US);
    while (s->taken != FRAME_NONE)
        frame_unsteal(list_pop(&s->taken), s->d);
}

/* The domain's page count stays: each new page takes an old one's place. */
static int commit_chunk(struct exchange *s, unsigned long first)
{
    unsigned long u_out = (unsigned long)s->x.out.extent_start.p;
    int err = 0;

    for (unsigned long i = first; s->fresh != FRAME_NONE; i++) {
        mfn_t m = list_pop(&s->fresh);
        xen_pfn_t gpfn = M2P_INVALID, base = mfn_x(m);

        if (COPY_FROM_GUEST_IDX(&gpfn, u_out, i))
            err = -EFAULT;
        for (unsigned long n = 0; n < 1UL << s->x.out.extent_order; n++) {
            frame_unsteal(mfn_add(m, n), s->d);
            set_pfn(s->d, mfn_add(m, n), err ? M2P_INVALID : gpfn + n);
        }
        if (COPY_TO_GUEST_IDX(u_out, i, &base))
            err = -EFAULT;
    }
    while (s->taken != FRAME_NONE) {
        mfn_t m = list_pop(&s->taken);

        m2p_set(m, M2P_INVALID);
        heap_give(m, 0, s->d->serial);
    }
    return err;
}

long memory_exchange(struct hcall *h, unsigned long u)
{
    struct exchange s = { .taken = FRAME_NONE, .fresh = FRAME_NONE };
    unsigned long done, nr_in, nr_out;
    unsigned int in, out;
    long err;

    if (copy_from_guest(&s.x, u, sizeof(s.x)))
        return -EFAULT;
    if (!exchange_valid(&s.x, h->caller->domain))
        return -EINVAL;
    err = memory_target(h, s.x.in.domid, &s.d);
    if (err)
        return err;

    in = s.x.in.extent_order;
    out = s.x.out.extent_order;
    nr_in = in < out ? 1UL << (out - in) : 1;
    nr_out = out < in ? 1UL << (in - out) : 1;
    for (done = s.x.nr_exchanged; done < s.x.in.nr_extents; done += nr_in) {
        if (done > s.x.nr_exchanged && preempt_needed()) {
            err = -ERESTART;
            break;
        }
        err = take_chunk(&s, done, nr_in);
        if (!err)
            err = make_chunk(&s, nr_out);
        if (err) {
            undo_chunk(&s);
            break;
        }
        err = commit_chunk(&s, done / nr_in * nr_out);
        if (err)
            break;
    }
    domain_put(s.d);

    s.x.nr_exchanged = done;
    if (COPY_TO_GUEST_IDX(u, 0, &s.x) && !err)
        err = -EFAULT;
    return err;
}
