/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's part of every address space: L4 slots 256 to 271
 * (HYPERVISOR_VIRT_START of the ABI up to 0xffff880000000000), the same in
 * all page tables.  A guest can read slot 256 and nothing else of it.
 */
#ifndef HV_LAYOUT_H
#define HV_LAYOUT_H

#define HV_VIRT_START 0xffff800000000000UL
#define HV_VIRT_END 0xffff880000000000UL
#define HV_L4_FIRST 256
#define HV_L4_LAST 271

#define M2P_RO_BASE 0xffff800000000000UL  /* slot 256: guest-readable M2P */
#define M2P_RW_BASE 0xffff808000000000UL  /* slot 257: the same, ours */
#define FIX_BASE 0xffff818000000000UL     /* slot 259: MMIO, GDT windows */
#define FRAMES_BASE 0xffff820000000000UL  /* slot 260: frame table */
#define IMAGE_BASE 0xffff828000000000UL   /* slot 261: text and data */
#define DIRECT_BASE 0xffff830000000000UL  /* slots 262-271: all RAM, NX */
#define DIRECT_END HV_VIRT_END

/* Each CPU's GDT window, then its LDT window, in pages. */
#define GDT_WINDOW_BASE FIX_BASE
#define GDT_PAGES 16 /* 14 of the guest's, 2 reserved ones of ours */
#define LDT_PAGES 16
#define GDT_WINDOW(cpu)                                                        \
    (GDT_WINDOW_BASE + (unsigned long)(cpu) * (GDT_PAGES + LDT_PAGES) * 4096)
#define LDT_WINDOW(cpu) (GDT_WINDOW(cpu) + GDT_PAGES * 4096UL)

/* Uncached mappings of device registers, handed out by hvmap_mmio(). */
#define MMIO_BASE (FIX_BASE + (1UL << 30))
#define MMIO_END (FIX_BASE + (2UL << 30))

#define NR_CPUS 256

#endif
