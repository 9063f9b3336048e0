/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: memory_op, with the calls for tools. */
#define __XEN_TOOLS__ 1
#include <xen/memory.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include "fuzz.h"

static uint64_t pfn_of(const struct slot *s)
{
    return ((uintptr_t)s->home - VIRT_BASE) >> PAGE_SHIFT;
}

/*
 * What a slot says and what has become of its frame change together, or a frame
 * that was given up and is another slot's by now would be given up for the
 * first one once more.
 */
static void with_slot(struct worker *w, struct slot *s,
                      void (*fn)(struct worker *w, struct slot *s))
{
    if (insn_xchg(&s->busy, 1))
        return;
    fn(w, s);
    __atomic_store_n(&s->busy, 0, __ATOMIC_RELEASE);
}

static void decrease(struct worker *w, struct slot *s)
{
    struct xen_memory_reservation *r = args(w, sizeof(*r));
    xen_pfn_t *frame = args(w, sizeof(*frame));

    *frame = s->mfn;
    if (!*frame)
        return;
    r->nr_extents = 1;
    r->domid = DOMID_SELF;
    set_xen_guest_handle(r->extent_start, frame);
    if (one_in(w, 2) && set_home(s, false, false))
        return;
    if (call(w, __HYPERVISOR_memory_op, XENMEM_decrease_reservation,
             (uintptr_t)r, 0, 0, 0) == 1)
        slot_set(s, 0);
}

static void op_decrease(struct worker *w)
{
    with_slot(w, own_slot(w), decrease);
}

static void populate(struct worker *w, struct slot *s)
{
    struct xen_memory_reservation *r = args(w, sizeof(*r));
    xen_pfn_t *frame = args(w, sizeof(*frame));

    if (s->mfn)
        return;
    *frame = pfn_of(s);
    r->nr_extents = 1;
    r->domid = DOMID_SELF;
    set_xen_guest_handle(r->extent_start, frame);
    if (call(w, __HYPERVISOR_memory_op, XENMEM_populate_physmap, (uintptr_t)r,
             0, 0, 0) != 1)
        return;
    slot_set(s, *frame);
    set_home(s, true, true);
}

static void op_populate(struct worker *w)
{
    struct slot *s = own_slot(w);

    for (unsigned int i = 0; s->mfn && i < 16; i++)
        s = own_slot(w);
    with_slot(w, s, populate);
}

static void exchange(struct worker *w, struct slot *s)
{
    struct xen_memory_exchange *x = args(w, sizeof(*x));
    xen_pfn_t *in = args(w, sizeof(*in)), *out = args(w, sizeof(*out));

    if (!s->mfn || set_home(s, false, false))
        return;
    *in = s->mfn;
    *out = pfn_of(s);
    x->in.nr_extents = x->out.nr_extents = 1;
    x->in.domid = x->out.domid = DOMID_SELF;
    set_xen_guest_handle(x->in.extent_start, in);
    set_xen_guest_handle(x->out.extent_start, out);
    if (!call(w, __HYPERVISOR_memory_op, XENMEM_exchange, (uintptr_t)x, 0, 0,
              0))
        slot_set(s, *out);
    set_home(s, true, true);
}

static void op_exchange(struct worker *w)
{
    with_slot(w, own_slot(w), exchange);
}

/*
 * Wrong in one way or another.  What may be accepted takes the arena's pages
 * only, never gives us more than a few, and tells nobody else anything.
 */
static void op_odd_reservation(struct worker *w)
{
    static const uint8_t cmds[] = { XENMEM_decrease_reservation,
                                    XENMEM_populate_physmap, XENMEM_exchange };
    struct xen_memory_exchange *x = args(w, sizeof(*x));
    xen_pfn_t *frames = args(w, 8 * sizeof(*frames));
    unsigned int cmd = cmds[rnd(w, sizeof(cmds))];

    for (unsigned int i = 0; i < 8; i++)
        frames[i] = foreign_frame(w);
    x->in.nr_extents = 1 + rnd(w, 8);
    x->in.domid = x->out.domid = DOMID_SELF;
    set_xen_guest_handle(x->in.extent_start, frames);
    x->out = x->in;
    switch (rnd(w, 5)) {
    case 0:
        x->in.nr_extents = odd_number(w) | 1ull << (32 + rnd(w, 32));
        break;
    case 1:
        x->in.extent_order = 10 + (unsigned int)rnd(w, 1000);
        break;
    case 2:
        x->in.domid = (domid_t)(0x7000 + rnd(w, 0x1000));
        break;
    case 3:
        set_xen_guest_handle(x->in.extent_start, (void *)bad_ptr(w));
        break;
    default:
        x->out.extent_order = 1 + (unsigned int)rnd(w, 63);
        x->nr_exchanged = odd_number(w);
        cmd = XENMEM_exchange;
    }
    if (cmd == XENMEM_populate_physmap && x->in.extent_order < 10 &&
        x->in.nr_extents < 9 && x->in.domid == DOMID_SELF)
        cmd = XENMEM_decrease_reservation;
    /* Behind the list may stand frames of ours: of a short one it begins. */
    call(w, __HYPERVISOR_memory_op,
         cmd | (x->in.nr_extents < 9 ? odd_number(w) << 6 : 0), odd_ptr(w, x),
         0, 0, 0);
}

/* The sub-operations that only tell something, or are refused. */
static void op_other_memory(struct worker *w)
{
    uint64_t *words = args(w, 128);
    unsigned int cmd = 2 + (unsigned int)rnd(w, 30);

    if (cmd == XENMEM_decrease_reservation || cmd == XENMEM_populate_physmap ||
        cmd == XENMEM_exchange || cmd == XENMEM_claim_pages)
        return;
    for (unsigned int i = 0; i < 16; i++)
        words[i] = one_in(w, 2) ? odd_number(w) : 0;
    if (one_in(w, 2))
        *(domid_t *)words = DOMID_SELF;
    call(w, __HYPERVISOR_memory_op, cmd, odd_ptr(w, words), 0, 0, 0);
}

const struct fuzz_op ops_memory[] = {
    { "decrease", op_decrease, 4, false },
    { "populate", op_populate, 4, false },
    { "exchange", op_exchange, 2, false },
    { "odd reservation", op_odd_reservation, 3, true },
    { "other memory_op", op_other_memory, 2, false },
    { 0 },
};
