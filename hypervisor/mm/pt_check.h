/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which bits a guest's page-table entry may have (pure). */
#pragma once

#include <hv/types.h>
#include <x86/pte.h>

/* Bits refused in present L1 entries, [1] for the hardware domain. */
extern uint64_t l1_refused[2];
/* Bits refused in present entries of L2 to L4. */
extern uint64_t table_refused;

/* pt_check_init - @nx: the processor has the NX bit */
void pt_check_init(bool nx);

/*
 * L1TF: on CPUs that have it, an entry that is not present still leads to the
 * data of the frame that it names, if that is cached.  Frames 1 to the limit
 * less one must not be named then; a limit of 1 is none.  The cache looks at
 * no more than 44 bits (some CPUs: 46) of the address, so what is above them
 * does not make an entry safe.
 */
#define L1TF_MFN_MASK ((1UL << (44 - PAGE_SHIFT)) - 1)
extern unsigned long l1tf_limit;

static inline bool pt_l1tf_unsafe(pte_t e)
{
    return !(e & PTE_P) &&
           (mfn_x(pte_mfn(e)) & L1TF_MFN_MASK) - 1 < l1tf_limit - 1;
}

/* The same above L1, where a large page at frame 0 would reach far. */
static inline bool pt_l1tf_unsafe_upper(pte_t e)
{
    return pt_l1tf_unsafe(e) ||
           ((e & (PTE_P | PTE_PSE)) == PTE_PSE && l1tf_limit > 1);
}

/* Bits that we set (U: guest kernels run at CPL 3) and clear (G) in L1. */
static inline pte_t pt_adjust_l1(pte_t e) { return (e | PTE_US) & ~PTE_G; }

/**
 * pt_adjust_mmio - the cache attributes under which device memory is mapped
 *
 * Write-back becomes uncached, write-through and write-protect get PCD,
 * the others stay: the value differs from the one asked for, but no request
 * fails (abi.md 4.1).
 */
pte_t pt_adjust_mmio(pte_t e);

/* pt_is_hv_slot - does L4 slot @i belong to the hypervisor? */
static inline bool pt_is_hv_slot(unsigned int i)
{
    return i >= 256 && i <= 271;
}
