/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: descriptor tables and the selectors that use them. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include "fuzz.h"

#define DESC_DATA 0x00cff3000000ffffull /* flat, DPL 3 */

static uint64_t any_desc(struct worker *w)
{
    switch (rnd(w, 4)) {
    case 0:
        return rnd64(w);
    case 1:
        return 0;
    default: /* type, DPL or system bit changed */
        return DESC_DATA ^ (one_in(w, 2) ? rnd(w, 256) << 40 : 0);
    }
}

static void op_gdt(struct worker *w)
{
    xen_pfn_t *frames = args(w, 16 * sizeof(*frames));
    uint64_t n = one_in(w, 4) ? odd_number(w) : rnd(w, 2048);

    for (unsigned int i = 0; i < 16; i++)
        frames[i] = one_in(w, 16) ? foreign_frame(w) : own_frame(w);
    call(w, __HYPERVISOR_set_gdt, odd_ptr(w, frames), n, 0, 0, 0);
}

static void op_descriptor(struct worker *w)
{
    uint64_t mfn = one_in(w, 8) ? foreign_frame(w) : own_frame(w);

    call(w, __HYPERVISOR_update_descriptor,
         (mfn << PAGE_SHIFT) + rnd(w, 64) * (one_in(w, 16) ? 1 : 8),
         any_desc(w), 0, 0, 0);
}

/* A page of descriptors that will mostly do, at its home or as a table. */
static void op_fill_desc(struct worker *w)
{
    struct slot *s = own_slot(w);
    uint64_t mfn = s->mfn, *t = s->home;

    w->tried++;
    if (!mfn)
        return;
    insn_fill(t, 0, PAGE_SIZE);
    for (unsigned int i = 0; i < 8; i++)
        t[rnd(w, 512)] = any_desc(w);
    t[1] = DESC_DATA;
    set_home(s, true, false);
    if (one_in(w, 2))
        hc_set_gdt(&mfn, 512);
}

static uint16_t any_selector(struct worker *w)
{
    return one_in(w, 4) ? (uint16_t)rnd64(w)
                        : (uint16_t)(rnd(w, 16) << 3 | rnd(w, 8));
}

static void op_selector(struct worker *w)
{
    w->tried++;
    switch (rnd(w, 3)) {
    case 0:
        insn_load_ds(any_selector(w));
        break;
    case 1:
        insn_load_fs(any_selector(w));
        break;
    default:
        call(w, __HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL,
             any_selector(w), 0, 0, 0);
    }
}

const struct fuzz_op ops_desc[] = {
    { "set_gdt", op_gdt, 4, true },
    { "update_descriptor", op_descriptor, 6, true },
    { "fill descriptors", op_fill_desc, 4, false },
    { "load selector", op_selector, 6, false },
    { 0 },
};
