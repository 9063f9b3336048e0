/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's part of every address space: L4 slots 256 to 271
 * (HYPERVISOR_VIRT_START of the ABI up to 0xffff880000000000), the same in
 * all page tables.  A guest can read slot 256 and nothing else of it.
 */
#pragma once

#include <x86/const.h>

#define HV_VIRT_START UL(0xffff800000000000)
#define HV_VIRT_END UL(0xffff880000000000)
#define HV_L4_FIRST 256
#define HV_L4_LAST 271

#define M2P_RO_BASE UL(0xffff800000000000) /* slot 256: guest-readable M2P */
#define M2P_RW_BASE UL(0xffff808000000000) /* slot 257: the same, ours */
#define FIX_BASE UL(0xffff818000000000)    /* slot 259: MMIO, GDT windows */
#define FRAMES_BASE UL(0xffff820000000000) /* slot 260: frame table */
#define IMAGE_BASE UL(0xffff828000000000)  /* slot 261: text and data */
#define DIRECT_BASE UL(0xffff830000000000) /* slots 262-271: all RAM, NX */

/* Each CPU's GDT window, then its LDT window, in pages. */
#define GDT_WINDOW_BASE FIX_BASE
#define GDT_GUEST_PAGES 14
#define GDT_PAGES 16 /* with our two reserved ones */
#define LDT_PAGES 16
#define GDT_WINDOW(cpu)                                                        \
    (GDT_WINDOW_BASE + (unsigned long)(cpu) * (GDT_PAGES + LDT_PAGES) * 4096)
#define LDT_WINDOW(cpu) (GDT_WINDOW(cpu) + GDT_PAGES * UL(4096))

/* Uncached mappings of device registers, handed out by hvmap_mmio(). */
#define MMIO_BASE (FIX_BASE + (UL(1) << 30))
#define MMIO_END (FIX_BASE + (UL(2) << 30))

#define NR_CPUS 256
