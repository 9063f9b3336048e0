/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lengths and operands of the few instructions that are emulated (pure).
 * Only opcodes of the tables below are known: for everything else the
 * guest gets its exception.  Never looks behind the bytes that were given.
 */
#include "insn_decode.h"

/* What follows an opcode; 0: not one of ours. */
#define KNOWN 1
#define MODRM 2
#define IMM8 4
#define IMMZ 8   /* of the operand's size, at most 4 bytes */
#define BYTE 16  /* operands are bytes */
#define MOFFS 32 /* an absolute address */

// clang-format off
static const uint8_t one_byte[256] = {
    [0x00] = KNOWN | MODRM | BYTE, [0x01] = KNOWN | MODRM, /* add r -> m */
    [0x08] = KNOWN | MODRM | BYTE, [0x09] = KNOWN | MODRM, /* or */
    [0x10] = KNOWN | MODRM | BYTE, [0x11] = KNOWN | MODRM, /* adc */
    [0x18] = KNOWN | MODRM | BYTE, [0x19] = KNOWN | MODRM, /* sbb */
    [0x20] = KNOWN | MODRM | BYTE, [0x21] = KNOWN | MODRM, /* and */
    [0x28] = KNOWN | MODRM | BYTE, [0x29] = KNOWN | MODRM, /* sub */
    [0x30] = KNOWN | MODRM | BYTE, [0x31] = KNOWN | MODRM, /* xor */
    [0x6c ... 0x6f] = KNOWN,                               /* ins, outs */
    [0x80] = KNOWN | MODRM | IMM8 | BYTE,                  /* add ... cmp imm */
    [0x81] = KNOWN | MODRM | IMMZ,
    [0x83] = KNOWN | MODRM | IMM8,
    [0x86] = KNOWN | MODRM | BYTE, [0x87] = KNOWN | MODRM, /* xchg */
    [0x88] = KNOWN | MODRM | BYTE, [0x89] = KNOWN | MODRM, /* mov r -> m */
    [0xa2] = KNOWN | MOFFS | BYTE, [0xa3] = KNOWN | MOFFS, /* mov a -> m */
    [0xa4] = KNOWN | BYTE, [0xa5] = KNOWN,                 /* movs */
    [0xaa] = KNOWN | BYTE, [0xab] = KNOWN,                 /* stos */
    [0xc6] = KNOWN | MODRM | IMM8 | BYTE,                  /* mov imm -> m */
    [0xc7] = KNOWN | MODRM | IMMZ,
    [0xe4 ... 0xe7] = KNOWN | IMM8,                        /* in, out imm */
    [0xec ... 0xef] = KNOWN,                               /* in, out dx */
    [0xf6] = KNOWN | MODRM | BYTE, [0xf7] = KNOWN | MODRM, /* not, neg */
    [0xfa ... 0xfb] = KNOWN,                               /* cli, sti */
    [0xfe] = KNOWN | MODRM | BYTE, [0xff] = KNOWN | MODRM, /* inc, dec */
};

static const uint8_t two_byte[256] = {
    [0x01] = KNOWN | MODRM,                                /* xsetbv, lmsw */
    [0x06] = KNOWN,                                        /* clts */
    [0x08 ... 0x09] = KNOWN,                               /* invd, wbinvd */
    [0x20 ... 0x23] = KNOWN | MODRM,                       /* mov cr, dr */
    [0x30 ... 0x32] = KNOWN,                               /* wrmsr rdtsc rdmsr */
    [0xa2] = KNOWN,                                        /* cpuid */
    [0xab] = KNOWN | MODRM,                                /* bts */
    [0xb0] = KNOWN | MODRM | BYTE, [0xb1] = KNOWN | MODRM, /* cmpxchg */
    [0xb3] = KNOWN | MODRM,                                /* btr */
    [0xba] = KNOWN | MODRM | IMM8,                         /* bts ... imm */
    [0xbb] = KNOWN | MODRM,                                /* btc */
    [0xc0] = KNOWN | MODRM | BYTE, [0xc1] = KNOWN | MODRM, /* xadd */
    [0xc3] = KNOWN | MODRM,                                /* movnti */
};
// clang-format on

struct reader {
    const uint8_t *p, *end;
};

/* A little-endian signed number; false: the bytes are not there. */
static bool take(struct reader *rd, unsigned int bytes, int64_t *out)
{
    uint64_t v = 0;

    if (rd->end - rd->p < (long)bytes)
        return false;
    for (unsigned int i = 0; i < bytes; i++)
        v |= (uint64_t)*rd->p++ << (8 * i);
    *out = (int64_t)(v << (64 - 8 * bytes)) >> (64 - 8 * bytes);
    return true;
}

/* Returns false at the first byte that is no prefix, which is in *@b. */
static bool take_prefix(struct insn *in, uint8_t b, bool mode64, bool *opsize,
                        bool *addrsize)
{
    static const uint8_t segments[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 };

    if (mode64 && (b & 0xf0) == 0x40) {
        in->rex = b;
        return true;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(segments); i++)
        if (b == segments[i]) {
            in->segment = SEG_ES + i;
            goto other;
        }
    if (b == 0x66)
        *opsize = true;
    else if (b == 0x67)
        *addrsize = true;
    else if (b == 0xf0)
        in->lock = true;
    else if (b == 0xf2)
        in->repne = true;
    else if (b == 0xf3)
        in->rep = true;
    else
        return false;
other:
    in->rex = 0; /* REX counts only right before the opcode */
    return true;
}

static bool take_modrm(struct insn *in, struct reader *rd, bool mode64)
{
    unsigned int disp = 0, rm;
    int64_t v;

    if (!take(rd, 1, &v))
        return false;
    in->has_modrm = true;
    in->modrm = v;
    in->mod = in->modrm >> 6;
    in->reg = (in->modrm >> 3 & 7) | (in->rex & 4) << 1;
    rm = in->modrm & 7;
    in->rm = rm | (in->rex & 1) << 3;
    if (in->mod == 3)
        return true;

    if (rm == 4) {
        if (!take(rd, 1, &v))
            return false;
        in->has_sib = true;
        in->scale = (v & 0xff) >> 6;
        in->index = (v >> 3 & 7) | (in->rex & 2) << 2;
        in->base = (v & 7) | (in->rex & 1) << 3;
    }
    if (in->mod == 1)
        disp = 1;
    else if (in->mod == 2 || (rm == 5 && !in->has_sib) ||
             (in->has_sib && (in->base & 7) == 5))
        disp = 4;
    in->rip_relative = mode64 && in->mod == 0 && rm == 5;
    v = 0;
    if (disp && !take(rd, disp, &v))
        return false;
    in->disp = v;
    return true;
}

int insn_decode(struct insn *in, const uint8_t *bytes, unsigned int len,
                bool mode64)
{
    struct reader rd = { bytes, bytes + MIN(len, INSN_MAX) };
    bool opsize = false, addrsize = false;
    uint8_t flags;
    int64_t v;

    *in = (struct insn){ 0 };
    do {
        if (!take(&rd, 1, &v))
            return -1;
    } while (take_prefix(in, v, mode64, &opsize, &addrsize));

    in->opcode = v & 0xff;
    flags = one_byte[in->opcode];
    if (in->opcode == 0x0f) {
        if (!take(&rd, 1, &v))
            return -1;
        flags = two_byte[v & 0xff];
        in->opcode = OP_0F(v & 0xff);
    }
    if (!flags)
        return -1;

    in->operand_size = in->rex & 8 ? 8 : opsize ? 2 : 4;
    in->address_size = mode64 ? (addrsize ? 4 : 8) : 4;
    if (!mode64 && addrsize)
        return -1; /* 16-bit addressing: nobody does */
    if ((flags & MODRM) && !take_modrm(in, &rd, mode64))
        return -1;
    if (flags & BYTE)
        in->operand_size = 1;
    if ((flags & IMM8) && !take(&rd, 1, &in->imm))
        return -1;
    if ((flags & IMMZ) && !take(&rd, MIN(in->operand_size, 4), &in->imm))
        return -1;
    if ((flags & MOFFS) && !take(&rd, in->address_size, &in->imm))
        return -1;
    in->length = rd.p - bytes;
    return 0;
}

uint64_t *insn_register(struct cpu_user_regs *r, unsigned int nr)
{
#define R(name) offsetof(struct cpu_user_regs, name)
    static const uint16_t offsets[16] = {
        R(rax), R(rcx), R(rdx), R(rbx), R(rsp), R(rbp), R(rsi), R(rdi),
        R(r8),  R(r9),  R(r10), R(r11), R(r12), R(r13), R(r14), R(r15),
    };
#undef R

    return (uint64_t *)((char *)r + offsets[nr & 15]);
}

unsigned long insn_address(const struct insn *in, struct cpu_user_regs *r)
{
    unsigned long a = in->disp;

    if (!in->has_modrm) {
        a = in->imm; /* MOFFS */
    } else if (in->rip_relative) {
        a += r->rip + in->length;
    } else if (in->has_sib) {
        if (in->mod != 0 || (in->base & 7) != 5)
            a += *insn_register(r, in->base);
        if (in->index != 4)
            a += *insn_register(r, in->index) << in->scale;
    } else if (in->mod != 0 || (in->rm & 7) != 5) {
        a += *insn_register(r, in->rm);
    }
    return in->address_size == 4 ? (uint32_t)a : a;
}

/* Byte registers 4-7 without REX are the second bytes of the first four. */
static bool is_high_byte(const struct insn *in, unsigned int nr,
                         unsigned int size)
{
    return size == 1 && !in->rex && nr >= 4 && nr < 8;
}

uint64_t insn_read_register(const struct insn *in, struct cpu_user_regs *r,
                            unsigned int nr, unsigned int size)
{
    if (is_high_byte(in, nr, size))
        return *insn_register(r, nr - 4) >> 8 & 0xff;
    if (size == 8)
        return *insn_register(r, nr);
    return *insn_register(r, nr) & ((1UL << (size * 8)) - 1);
}

void insn_write_register(const struct insn *in, struct cpu_user_regs *r,
                         unsigned int nr, unsigned int size, uint64_t v)
{
    uint64_t *reg = insn_register(r, is_high_byte(in, nr, size) ? nr - 4 : nr);

    if (is_high_byte(in, nr, size))
        *reg = (*reg & ~0xff00UL) | (v & 0xff) << 8;
    else if (size >= 4)
        *reg = size == 8 ? v : (uint32_t)v;
    else
        *reg = (*reg & ~((1UL << (size * 8)) - 1)) |
               (v & ((1UL << (size * 8)) - 1));
}
