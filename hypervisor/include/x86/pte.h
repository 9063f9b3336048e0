/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page-table entries of all four levels (SDM volume 3, chapter 4). */
#pragma once

#include <hv/types.h>

typedef uint64_t pte_t; /* an entry of any level, as the processor reads it */

#define PTE_P (1UL << 0)
#define PTE_RW (1UL << 1)
#define PTE_US (1UL << 2)
#define PTE_PWT (1UL << 3)
#define PTE_PCD (1UL << 4)
#define PTE_A (1UL << 5)
#define PTE_D (1UL << 6)
#define PTE_PSE (1UL << 7) /* L2, L3: a large page */
#define PTE_PAT (1UL << 7) /* L1 */
#define PTE_G (1UL << 8)
#define PTE_AVAIL (7UL << 9)
#define PTE_NX (1UL << 63)

#define PTE_CACHE_MASK (PTE_PWT | PTE_PCD | PTE_PAT)
#define PTE_UC (PTE_PWT | PTE_PCD)

/* Bits 12-51 hold the frame; bits 52-62 are software's. */
#define PTE_ADDR_MASK 0x000ffffffffff000UL
#define PTE_AVAIL_HIGH 0x7ff0000000000000UL

#define PT_ENTRIES 512

static inline mfn_t pte_mfn(pte_t e) { return mfn((e & PTE_ADDR_MASK) >> 12); }

/* The bits of an entry that are not the frame number. */
static inline uint64_t pte_flags(pte_t e) { return e & ~PTE_ADDR_MASK; }

static inline pte_t pte_make(mfn_t m, uint64_t flags)
{
    return (mfn_x(m) << 12) | flags;
}

/* Index into the table of level @level (1-4) for virtual address @va. */
static inline unsigned int pt_index(unsigned long va, unsigned int level)
{
    return (va >> (12 + 9 * (level - 1))) & (PT_ENTRIES - 1);
}

static inline bool va_canonical(unsigned long va)
{
    return (unsigned long)((long)(va << 16) >> 16) == va;
}
