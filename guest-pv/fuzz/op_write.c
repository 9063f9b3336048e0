/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: memory accesses, among them writes to tables in use. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include "fuzz.h"

/* Contents that would do for a table of some level. */
static void op_fill(struct worker *w)
{
    uint64_t *t = own_slot(w)->home;
    unsigned int level = 1 + (unsigned int)rnd(w, 4);

    w->tried++;
    if (one_in(w, 4))
        insn_fill(t, 0, PAGE_SIZE);
    for (unsigned int n = (unsigned int)rnd(w, 12); n; n--)
        t[any_index(w)] = any_entry(w, level);
}

/* As kernels change entries of tables that are in use. */
static void op_poke(struct worker *w)
{
    uint64_t *p = (uint64_t *)any_va(w) + any_index(w);
    uint64_t new = any_entry(w, 1);

    w->tried++;
    if (one_in(w, 16))
        p = (uint64_t *)((uintptr_t)p + rnd(w, 8));
    switch (rnd(w, 8)) {
    case 0:
        insn_xchg(p, new);
        break;
    case 1:
        insn_cmpxchg(p, *p, new);
        break;
    case 2:
        insn_lock_btr(p, rnd(w, 64));
        break;
    case 3:
        insn_lock_bts(p, rnd(w, 64));
        break;
    case 4:
        insn_lock_and8((uint8_t *)p + rnd(w, 8), (uint8_t)rnd64(w));
        break;
    case 5:
        insn_lock_or8((uint8_t *)p + rnd(w, 8), (uint8_t)rnd64(w));
        break;
    case 6:
        *(volatile uint32_t *)p = (uint32_t) new;
        break;
    default:
        *(volatile uint64_t *)p = new;
    }
}

static void op_peek(struct worker *w)
{
    w->tried++;
    (void)*(volatile uint64_t *)any_va(w);
}

/* Make a page a table of @level below @depth more; its frame, or 0. */
static uint64_t build(struct worker *w, unsigned int level)
{
    struct slot *s = own_slot(w);
    uint64_t mfn = s->mfn, *t = s->home;

    if (!mfn || set_home(s, true, true))
        return 0;
    insn_fill(t, 0, PAGE_SIZE);
    for (unsigned int n = 1 + (unsigned int)rnd(w, 3); n; n--) {
        uint64_t child = level > 1 ? build(w, level - 1) : own_frame(w);
        uint64_t flags = level == 1 && one_in(w, 2) ? PTE_USER_RO : PTE_TABLE;

        if (child)
            t[rnd(w, 8)] = child << PAGE_SHIFT | flags;
    }
    return set_home(s, true, false) ? 0 : mfn;
}

/* A tree that will mostly validate: pinned, or hung into our own. */
static void op_build(struct worker *w)
{
    unsigned int level = 1 + (unsigned int)rnd(w, 3);
    uint64_t mfn = build(w, level);

    w->tried++;
    if (!mfn)
        return;
    if (one_in(w, 2))
        mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn);
    else if (level == 1)
        mmu_write(pte_walk(scratch_va(0), 2) + 1 + rnd(w, 7),
                  mfn << PAGE_SHIFT | PTE_TABLE);
    else if (level == 3)
        mmu_write(&mm_l4()[5 + rnd(w, 4)], mfn << PAGE_SHIFT | PTE_TABLE);
}

const struct fuzz_op ops_write[] = {
    { "fill", op_fill, 12, false },
    { "poke", op_poke, 16, false },
    { "peek", op_peek, 4, false },
    { "build", op_build, 6, false },
    { 0 },
};
