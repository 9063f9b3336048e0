/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages, their machine frames and page-table entries. */
#ifndef PV_MM_H
#define PV_MM_H

#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096

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

#endif
