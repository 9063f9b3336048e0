/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hypervisor's own mappings, the same in every address space. */
#pragma once

#include <hv/types.h>
#include <x86/pte.h>

/* idle_pgd - L4 with nothing but the hypervisor's half; frame and pointer */
extern mfn_t idle_pgd;

/* hvmap_init - map RAM and image with their rights; leave boot's tables */
void hvmap_init(void);

/* hvmap_fill_l4 - write the hypervisor's slots into a guest's L4 */
void hvmap_fill_l4(pte_t *l4);

/**
 * hvmap_range - map @nr frames from @m at hypervisor address @va
 * @flags: PTE bits; large pages are used where alignment permits
 *
 * Tables come from the heap (at boot from the boot allocator).  Panics if
 * there is no memory: callers are boot code.  Returns: nothing.
 */
void hvmap_range(unsigned long va, mfn_t m, unsigned long nr, uint64_t flags);

/**
 * hvmap_alias - map the page at @va below another L4 too, with equal rights
 *
 * The page is mapped, by 4 KiB or 2 MiB entries.  Panics like hvmap_range().
 */
void hvmap_alias(mfn_t root, unsigned long va);

/* hvmap_l1e - the L1 entry that maps @va (4 KiB mappings only), or NULL */
pte_t *hvmap_l1e(unsigned long va);

/* hvmap_mmio - map device registers uncached; NULL when the range is full */
void *hvmap_mmio(uint64_t phys, size_t len);
