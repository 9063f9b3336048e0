/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: page tables by mmu_update and update_va_mapping. */
#include <pv/hypercall.h>
#include "fuzz.h"

/*
 * The machine address of an entry.  It is never one whose change would be
 * the end of our own kernel.
 */
static uint64_t any_slot_of_table(struct worker *w)
{
    uint64_t mfn = own_frame(w);
    unsigned int index = any_index(w);

    switch (rnd(w, 8)) {
    case 0:
        mfn = base_frame(w);
        index += index == P2M_SLOT;
        break;
    case 1:
        mfn = foreign_frame(w);
        break;
    case 2:
        return pte_maddr(&scratch_l1()[rnd(w, 480)]);
    case 3: /* behind the scratch window */
        return pte_maddr(pte_walk(scratch_va(0), 2) + 1 + rnd(w, 7));
    case 4: /* the kernel's own L4: the slots to play with, and those of */
        index = (unsigned int)(one_in(w, 4) ? 256 + rnd(w, 16) : 5 + rnd(w, 4));
        return pte_maddr(&mm_l4()[index]); /* the hypervisor */
    default:
        break;
    }
    return (mfn << PAGE_SHIFT) + index * sizeof(uint64_t);
}

static void op_mmu_update(struct worker *w)
{
    unsigned int n = 1 + (unsigned int)rnd(w, one_in(w, 8) ? 40 : 4);
    struct mmu_update *u = args(w, n * sizeof(*u));
    uint32_t *done = args(w, sizeof(*done));
    uint64_t count = n, domid = odd_domid(w);

    for (unsigned int i = 0; i < n; i++) {
        u[i].ptr = any_slot_of_table(w);
        u[i].val = any_entry(w, 1 + (unsigned int)rnd(w, 4));
        if (one_in(w, 4))
            u[i].ptr |= one_in(w, 8) ? rnd(w, 8) : MMU_PT_UPDATE_PRESERVE_AD;
        if ((u[i].ptr & 7) == MMU_MACHPHYS_UPDATE) {
            u[i].ptr = own_frame(w) << PAGE_SHIFT | MMU_MACHPHYS_UPDATE;
            u[i].val = odd_number(w);
        }
    }
    if (one_in(w, 64))
        count = one_in(w, 2) ? 0 : odd_number(w) | 0x80000000u | n;
    if (one_in(w, 64))
        domid |= rnd64(w) << 16;
    call(w, __HYPERVISOR_mmu_update, odd_ptr(w, u), count,
         one_in(w, 2) ? 0 : odd_ptr(w, done), domid, 0);
}

static uint64_t any_flush(struct worker *w)
{
    uint64_t *mask;

    switch (rnd(w, 4)) {
    case 0:
        return 0;
    case 1:
        return rnd(w, 8);
    case 2:
        mask = args(w, 64);
        *mask = rnd64(w);
        return odd_ptr(w, mask) | rnd(w, 4);
    default:
        return UVMF_INVLPG | UVMF_ALL;
    }
}

static void op_update_va(struct worker *w)
{
    uint64_t va = any_va(w), val = any_entry(w, 1);

    if (one_in(w, 16))
        call(w, __HYPERVISOR_update_va_mapping_otherdomain, va, val,
             any_flush(w), odd_domid(w), 0);
    else
        call(w, __HYPERVISOR_update_va_mapping, va, val, any_flush(w), 0, 0);
}

/* Without it no page would ever be free to become a table. */
static void op_home(struct worker *w)
{
    struct slot *s = own_slot(w);
    uint64_t mfn = s->mfn, flags = PTE_KERNEL_RO;

    if (!mfn)
        return;
    if (one_in(w, 2))
        flags = PTE_KERNEL_RW;
    call(w, __HYPERVISOR_update_va_mapping, (uintptr_t)s->home,
         one_in(w, 8) ? 0 : mfn << PAGE_SHIFT | flags, UVMF_INVLPG | UVMF_ALL,
         0, 0);
}

const struct fuzz_op ops_mmu[] = {
    { "mmu_update", op_mmu_update, 24, true },
    { "update_va_mapping", op_update_va, 16, true },
    { "home", op_home, 10, true },
    { 0 },
};
