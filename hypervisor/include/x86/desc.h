/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segment selectors and descriptors (SDM volume 3, chapter 3; xen-x86_64.h). */
#pragma once

#ifndef __ASSEMBLER__
#include <hv/types.h>
#endif

/*
 * Entries of the two GDT pages behind the guest's fourteen.  The public
 * ones are FLAT_RING3_CS32/DS32/CS64 of the ABI (0xe023, 0xe02b, 0xe033).
 */
#define GDT_RESERVED_FIRST 7168 /* FIRST_RESERVED_GDT_ENTRY */
#define SEL_HV_CS 0xe008
#define SEL_HV_DS 0xe010
#define SEL_FLAT_CS32 0xe023
#define SEL_FLAT_DS 0xe02b
#define SEL_FLAT_CS64 0xe033
#define SEL_TSS 0xe040
#define SEL_LDT 0xe050

#define DESC_HV_CS 0x00af9b000000ffffUL
#define DESC_HV_DS 0x00cf93000000ffffUL
#define DESC_FLAT_CS32 0x00cffb000000ffffUL
#define DESC_FLAT_DS 0x00cff3000000ffffUL
#define DESC_FLAT_CS64 0x00affb000000ffffUL

#ifndef __ASSEMBLER__
/* Operand of lgdt and lidt. */
struct desc_ptr {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

struct idt_entry {
    uint64_t lo, hi;
};

struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t iomap_base;
} __attribute__((packed));

#endif
