/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decoded form of the few instructions that are emulated (pure). */
#pragma once

#include <hv/types.h>
#include <xen/xen.h>

#define INSN_MAX 15 /* bytes; a longer one is #GP on the processor too */

/* Opcodes of the two-byte map are given as 0x0f00 + second byte. */
#define OP_0F(x) (0x0f00 | (x))

enum insn_segment { SEG_NONE, SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS };

struct insn {
    uint16_t opcode;
    uint8_t length;
    uint8_t rex; /* 0: none */
    bool lock, repne, rep;
    uint8_t segment;      /* enum insn_segment: override */
    uint8_t operand_size; /* bytes: 2, 4 or 8; byte opcodes say so themselves */
    uint8_t address_size; /* bytes: 4 or 8 */
    bool has_modrm;
    uint8_t mod, reg, rm; /* reg and rm with REX bits */
    uint8_t modrm;        /* the byte itself */
    bool has_sib;
    uint8_t scale, index, base; /* index 4: none; with REX bits */
    int32_t disp;
    bool rip_relative;
    int64_t imm; /* sign-extended; 0 if there is none */
};

/**
 * insn_decode - take an instruction apart
 * @bytes, @len: what could be fetched, at most INSN_MAX
 * @mode64:      64-bit code, else 32-bit
 *
 * Returns: 0; -1 it is not one of those in the table, too short, or uses a
 * prefix that makes it another one.
 */
int insn_decode(struct insn *in, const uint8_t *bytes, unsigned int len,
                bool mode64);

/* insn_register - where register @nr (0-15, in ModRM order) is kept */
uint64_t *insn_register(struct cpu_user_regs *r, unsigned int nr);

/**
 * insn_address - effective address of the memory operand, segment base 0
 * @r: registers before the instruction
 */
unsigned long insn_address(const struct insn *in, struct cpu_user_regs *r);

/**
 * insn_read_register, insn_write_register - @size bytes of register @nr
 *
 * Without REX, byte registers 4-7 are ah, ch, dh, bh.  A write of 4 bytes
 * clears the upper half.
 */
uint64_t insn_read_register(const struct insn *in, struct cpu_user_regs *r,
                            unsigned int nr, unsigned int size);
void insn_write_register(const struct insn *in, struct cpu_user_regs *r,
                         unsigned int nr, unsigned int size, uint64_t v);
