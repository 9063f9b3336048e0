/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages, their machine frames, page-table entries.
 *
 * The image lies in one piece from VIRT_BASE on: pseudo-physical frame n is
 * at VIRT_BASE + n * PAGE_SIZE.  Pages for tests come from a pool inside the
 * image, so they are mapped writable from the start.
 */
#ifndef PV_MM_H
#define PV_MM_H

#include <stdint.h>
#include <xen/xen.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096
#define VIRT_BASE 0xffffffff80000000ull

/* Bits of a page-table entry, as the processor defines them. */
#define PTE_P (1ull << 0)
#define PTE_RW (1ull << 1)
#define PTE_US (1ull << 2)
#define PTE_PWT (1ull << 3)
#define PTE_PCD (1ull << 4)
#define PTE_A (1ull << 5)
#define PTE_D (1ull << 6)
#define PTE_PSE (1ull << 7)
#define PTE_G (1ull << 8)
#define PTE_AVAIL0 (1ull << 9)
#define PTE_NX (1ull << 63)
#define PTE_MFN_MASK 0x000ffffffffff000ull

/* Accessed and dirty from the start: no update by the processor later. */
#define PTE_KERNEL_RW (PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_KERNEL_RO (PTE_P | PTE_A)
#define PTE_USER_RW (PTE_KERNEL_RW | PTE_US)
#define PTE_USER_RO (PTE_KERNEL_RO | PTE_US)
#define PTE_TABLE (PTE_KERNEL_RW | PTE_US)

/** mm_init - find the tables, build the scratch window; 0 or -errno */
long mm_init(const struct start_info *si);

/** page_alloc - a zeroed, writable page of the pool; never NULL: ends the
 *  domain when the pool is empty */
void *page_alloc(void);

/** page_free - back to the pool; the page is writable again */
void page_free(void *page);

/** mfn_of - machine frame of a page of the image, by the p2m list */
uint64_t mfn_of(const void *page);

/** va_of_mfn - address of a machine frame of this domain, by the M2P */
void *va_of_mfn(uint64_t mfn);

/** pte_of - the entry for page @page with flags @flags */
uint64_t pte_of(const void *page, uint64_t flags);

/**
 * pte_walk - address of the entry that maps @va
 * @level: 1 to 4: the level of the table to look in
 *
 * Returns the entry's address (readable only), NULL if a table is missing.
 */
uint64_t *pte_walk(uint64_t va, unsigned int level);

/** pte_maddr - machine address of an entry, for mmu_update */
uint64_t pte_maddr(const uint64_t *entry);

/** mm_l4 - the kernel's L4 in use */
uint64_t *mm_l4(void);

/** mm_set_l4 - remember another L4 after MMUEXT_NEW_BASEPTR */
void mm_set_l4(uint64_t *l4);

/** page_protect - map a page of the image read-only; rc of the hypercall */
long page_protect(const void *page);

/** page_unprotect - map it writable again; rc of the hypercall */
long page_unprotect(const void *page);

/** mmu_write - one mmu_update of an entry or table word; rc */
long mmu_write(const uint64_t *entry, uint64_t value);

/** mmuext - one mmuext_op with a machine frame; rc */
long mmuext(unsigned int cmd, uint64_t mfn);

/** scratch_va - address of page @i (0 to 511) of a window that is empty */
uint64_t scratch_va(unsigned int i);

/** scratch_l1 - the L1 of that window: live, mapped read-only */
uint64_t *scratch_l1(void);

#endif
