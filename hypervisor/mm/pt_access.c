/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking up and changing single entries for the page-fault handler and for
 * grants; device memory that a domain may map.
 */
#include <hv/mm.h>

#include "local.h"

int pt_walk_guest(struct vcpu *v, unsigned long va, mfn_t *table,
                  unsigned int *index, pte_t *e)
{
    mfn_t base = v->kernel_mode ? v->guest_table : v->guest_table_user;

    if (mfn_eq(base, MFN_INVALID) || !va_canonical(va) ||
        !pt_find_l1(base, va, table))
        return -EFAULT;

    *index = pt_index(va, 1);
    *e = load64((pte_t *)mfn_to_virt(*table) + *index);
    return 0;
}

/* The slot that a grant operation's @addr names; GNTST_ code. */
static int grant_slot(struct vcpu *v, uint64_t addr, bool contains_pte,
                      mfn_t *table, unsigned int *index)
{
    if (contains_pte) {
        *table = mfn(addr >> PAGE_SHIFT);
        *index = (addr & ~PAGE_MASK) / sizeof(pte_t);
        return addr % sizeof(pte_t) || mfn_x(*table) >= max_mfn
                   ? GNTST_general_error
                   : GNTST_okay;
    }
    *index = pt_index(addr, 1);
    return va_canonical(addr) && pt_find_l1(v->guest_table, addr, table)
               ? GNTST_okay
               : GNTST_bad_virt_addr;
}

/*
 * Unlike l1_update() this does not ask whose frame it is: the grant says that
 * it may be mapped, and the caller holds the references to prove it.
 */
int pt_grant_set(struct vcpu *v, uint64_t addr, bool contains_pte, mfn_t m,
                 bool read_only, uint64_t avail)
{
    struct frame *f = frame_of(m), *tf;
    pte_t e = pte_make(m, PTE_P | PTE_US | PTE_A | PTE_D | (avail & PTE_AVAIL));
    unsigned int index;
    mfn_t table;
    pte_t old;
    int st = grant_slot(v, addr, contains_pte, &table, &index);

    if (st != GNTST_okay)
        return st;
    if (unlikely(!v->domain->maps_others))
        v->domain->maps_others = true; /* before the entry: tlb_flush_stale() */
    if (!frame_get_again(f))
        return GNTST_general_error;
    if (!read_only) {
        e |= PTE_RW;
        if (!frame_get_writable(f)) {
            frame_put_fast(f);
            return GNTST_general_error;
        }
    }

    tf = frame_of(table);
    if (!table_lock_own(tf, v->domain)) {
        l1_entry_put(e);
        return GNTST_general_error;
    }
    old = __atomic_exchange_n((pte_t *)mfn_to_virt(table) + index, e,
                              __ATOMIC_SEQ_CST);
    track_l1(tf, index, e);
    table_unlock(tf);

    l1_entry_put(old);
    return GNTST_okay;
}

int pt_grant_clear(struct vcpu *v, uint64_t addr, bool contains_pte, mfn_t m,
                   bool read_only)
{
    unsigned int index;
    struct frame *tf;
    pte_t *slot, old;
    mfn_t table;
    int st = grant_slot(v, addr, contains_pte, &table, &index);

    if (st != GNTST_okay)
        return st;

    tf = frame_of(table);
    if (!table_lock_own(tf, v->domain))
        return GNTST_general_error;
    slot = (pte_t *)mfn_to_virt(table) + index;
    old = load64(slot);
    /* One that only reads must not go in place of one that writes. */
    if (!(old & PTE_P) || !mfn_eq(pte_mfn(old), m) ||
        !(old & PTE_RW) != read_only) {
        table_unlock(tf);
        return GNTST_general_error;
    }
    __atomic_store_n(slot, 0, __ATOMIC_SEQ_CST);
    track_l1(tf, index, 0);
    table_unlock(tf);

    l1_entry_put(old);
    return GNTST_okay;
}

/* Device memory that even the hardware domain may not map. */
#define MAX_DENIED 32
static struct {
    unsigned long first, end;
} denied[MAX_DENIED];
static unsigned int nr_denied;

void mmio_deny(mfn_t first, unsigned long nr)
{
    BUG_ON(nr_denied == MAX_DENIED);
    denied[nr_denied].first = mfn_x(first);
    denied[nr_denied].end = mfn_x(first) + nr;
    nr_denied++;
}

bool mmio_permitted(const struct domain *d, mfn_t m)
{
    if (!d->hardware || frame_valid(m) ||
        mfn_x(m) >= PTE_ADDR_MASK >> PAGE_SHIFT)
        return false;
    for (unsigned int i = 0; i < nr_denied; i++)
        if (mfn_x(m) >= denied[i].first && mfn_x(m) < denied[i].end)
            return false;
    return true;
}
