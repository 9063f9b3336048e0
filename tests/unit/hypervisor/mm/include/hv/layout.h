/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of a machine that is made of arrays (mmu_test.c). */
#ifndef HV_LAYOUT_H
#define HV_LAYOUT_H

#define HV_VIRT_START 0xffff800000000000UL
#define HV_VIRT_END 0xffff880000000000UL
#define HV_L4_FIRST 256
#define HV_L4_LAST 271

extern char fake_frames[], fake_ram[], fake_m2p[];
#define M2P_RO_BASE 0xffff800000000000UL
#define M2P_RW_BASE ((unsigned long)fake_m2p)
#define FRAMES_BASE ((unsigned long)fake_frames)
#define DIRECT_BASE ((unsigned long)fake_ram)

#define GDT_PAGES 16
#define LDT_PAGES 16
#define GDT_WINDOW(cpu) ((cpu)*32 * 4096UL)
#define LDT_WINDOW(cpu) (GDT_WINDOW(cpu) + GDT_PAGES * 4096UL)

#define NR_CPUS 4

#endif
