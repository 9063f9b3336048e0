/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stores to live page tables.
 *
 * TOUR 4.6: a guest sees its L1 tables read-only.  Its kernel changes most
 * entries by hypercall, but some by plain stores and atomic instructions,
 * which fault.  The instruction is decoded, its result computed from the
 * entry as it stands, and the new entry checked and counted like any other
 * before it is exchanged for the old one.  If another CPU was faster, the
 * whole is done again.
 */
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/mm.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/regs.h>
#include "arith.h"
#include "insn_fetch.h"

#define MAX_TRIES 16

/* A store: what the instruction does once its memory operand is known. */
struct store {
    const struct insn *in;
    struct cpu_user_regs *r;
    unsigned long address; /* of the operand */
    unsigned int size;     /* its bytes */
    unsigned int bit;      /* bts, btr, btc: which */

    /* Results. */
    uint64_t value; /* what memory becomes */
    uint64_t flags, flags_mask;
    bool sets_register; /* register `nr' becomes `reg_value' */
    uint8_t nr;
    uint64_t reg_value;
};

static uint64_t source_register(const struct store *s)
{
    return insn_read_register(s->in, s->r, s->in->reg, s->size);
}

static void set_register(struct store *s, unsigned int nr, uint64_t v)
{
    s->sets_register = true;
    s->nr = nr;
    s->reg_value = v;
}

static void arith(struct store *s, enum arith_op op, uint64_t a, uint64_t b)
{
    s->value = arith_do(op, a, b, s->r->rflags & EFLAGS_CF, s->size, &s->flags);
    s->flags_mask = ARITH_FLAGS;
}

typedef bool store_fn(struct store *s, uint64_t old);

static bool st_mov(struct store *s, uint64_t old)
{
    (void)old;
    s->value = source_register(s);
    return true;
}

static bool st_mov_imm(struct store *s, uint64_t old)
{
    (void)old;
    s->value = s->in->imm;
    return (s->in->modrm >> 3 & 7) == 0;
}

/* mov from rax to an absolute address, and stos */
static bool st_mov_rax(struct store *s, uint64_t old)
{
    (void)old;
    s->value = s->r->rax;
    return true;
}

static bool st_movs(struct store *s, uint64_t old)
{
    unsigned long from = s->in->address_size == 4 ? s->r->esi : s->r->rsi;

    (void)old;
    s->value = 0;
    return !copy_from_guest(&s->value, from, s->size);
}

static bool st_xchg(struct store *s, uint64_t old)
{
    s->value = source_register(s);
    set_register(s, s->in->reg, old);
    return true;
}

static bool st_xadd(struct store *s, uint64_t old)
{
    arith(s, ARITH_ADD, old, source_register(s));
    set_register(s, s->in->reg, old);
    return true;
}

static bool st_cmpxchg(struct store *s, uint64_t old)
{
    uint64_t expected = insn_read_register(s->in, s->r, 0, s->size);

    arith(s, ARITH_SUB, expected, old);
    s->value = source_register(s);
    if (expected != old) {
        s->value = old;
        /* The accumulator is al, never ah, whatever the prefix. */
        set_register(s, 0, old);
    }
    return true;
}

static bool st_arith(struct store *s, uint64_t old)
{
    arith(s, s->in->opcode >> 3 & 7, old, source_register(s));
    return true;
}

static bool st_arith_imm(struct store *s, uint64_t old)
{
    unsigned int op = s->in->modrm >> 3 & 7;

    if (op == ARITH_CMP)
        return false; /* does not write */
    arith(s, op, old, s->in->imm);
    return true;
}

/* f6, f7: not and neg; the others of the group do not write memory. */
static bool st_group3(struct store *s, uint64_t old)
{
    switch (s->in->modrm >> 3 & 7) {
    case 2:
        s->value = ~old;
        return true;
    case 3:
        arith(s, ARITH_SUB, 0, old);
        return true;
    }
    return false;
}

/* fe, ff: inc and dec leave the carry alone. */
static bool st_group5(struct store *s, uint64_t old)
{
    unsigned int op = s->in->modrm >> 3 & 7;

    if (op > 1)
        return false;
    arith(s, op ? ARITH_SUB : ARITH_ADD, old, 1);
    s->flags_mask &= ~EFLAGS_CF;
    return true;
}

static bool bit_op(struct store *s, uint64_t old, unsigned int op)
{
    uint64_t bit = 1UL << s->bit;

    s->flags = old & bit ? EFLAGS_CF : 0;
    s->flags_mask = EFLAGS_CF;
    if (op == 5) /* bts */
        s->value = old | bit;
    else if (op == 6) /* btr */
        s->value = old & ~bit;
    else /* btc */
        s->value = old ^ bit;
    return true;
}

static bool st_bit(struct store *s, uint64_t old)
{
    return bit_op(s, old, s->in->opcode >> 3 & 7);
}

static bool st_bit_imm(struct store *s, uint64_t old)
{
    unsigned int op = s->in->modrm >> 3 & 7;

    return op >= 5 && bit_op(s, old, op);
}

// clang-format off
static const struct {
    uint16_t opcode, mask; /* matches if (opcode & mask) is the row's */
    store_fn *fn;
} stores[] = {
    { 0x88,        0xfffe, st_mov },
    { 0x86,        0xfffe, st_xchg },
    { 0xc6,        0xfffe, st_mov_imm },
    { 0x80,        0xfffc, st_arith_imm },
    { OP_0F(0xba), 0xffff, st_bit_imm },
    { OP_0F(0xb0), 0xfffe, st_cmpxchg },
    { OP_0F(0xb3), 0xffff, st_bit },
    { OP_0F(0xab), 0xffff, st_bit },
    { OP_0F(0xbb), 0xffff, st_bit },
    { OP_0F(0xc0), 0xfffe, st_xadd },
    { OP_0F(0xc3), 0xffff, st_mov },
    { 0x00,        0xffc6, st_arith }, /* 00-39, even columns 0 and 1 */
    { 0xaa,        0xfffe, st_mov_rax },
    { 0xa2,        0xfffe, st_mov_rax },
    { 0xa4,        0xfffe, st_movs },
    { 0xf6,        0xfffe, st_group3 },
    { 0xfe,        0xfffe, st_group5 },
};
// clang-format on

static store_fn *find(const struct insn *in)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(stores); i++)
        if ((in->opcode & stores[i].mask) == stores[i].opcode)
            return stores[i].fn;
    return NULL;
}

static bool is_string(const struct insn *in)
{
    return in->opcode >= 0xa4 && in->opcode <= 0xab;
}

static bool is_bit_register(const struct insn *in)
{
    return in->opcode == OP_0F(0xab) || in->opcode == OP_0F(0xb3) ||
           in->opcode == OP_0F(0xbb);
}

/* Where the memory operand is; false: it is a register, or has a base. */
static bool locate(struct store *s)
{
    const struct insn *in = s->in;
    unsigned int bits = s->size * 8;
    long offset;

    if (in->segment >= SEG_FS || (in->has_modrm && in->mod == 3))
        return false;
    if (is_string(in)) {
        s->address = in->address_size == 4 ? s->r->edi : s->r->rdi;
        return true;
    }
    s->address = insn_address(in, s->r);
    if (in->opcode == OP_0F(0xba)) {
        s->bit = in->imm & (bits - 1);
    } else if (is_bit_register(in)) {
        /* A signed bit number, which may lie outside of the operand. */
        offset = source_register(s);
        offset = offset << (64 - bits) >> (64 - bits);
        s->bit = offset & (bits - 1);
        s->address += (offset - (long)s->bit) / 8;
    }
    return true;
}

/* Registers and flags, once memory has taken the value. */
static void commit(struct store *s)
{
    const struct insn *in = s->in;
    struct cpu_user_regs *r = s->r;

    r->rflags = (r->rflags & ~s->flags_mask) | (s->flags & s->flags_mask);
    if (s->sets_register)
        insn_write_register(in, r, s->nr, s->size, s->reg_value);
    if (is_string(in)) {
        long step = r->rflags & EFLAGS_DF ? -(long)s->size : (long)s->size;

        r->rdi += step;
        if (in->opcode < 0xaa)
            r->rsi += step;
        if ((in->rep || in->repne) && --r->rcx)
            return; /* the next element faults again */
    }
    insn_done(r, in->length);
}

/* Compute, check, exchange; -EINVAL, -EPERM, ...: not to be had. */
static int write_entry(struct vcpu *v, struct store *s, store_fn *fn,
                       mfn_t table)
{
    unsigned long word = s->address & ~7UL;
    unsigned int shift = (s->address & 7) * 8;
    uint64_t mask = s->size == 8 ? ~0UL : (1UL << (s->size * 8)) - 1;
    uint64_t old, new;
    int err = -EAGAIN;

    for (unsigned int i = 0; i < MAX_TRIES && err == -EAGAIN; i++) {
        if (get_guest_u64(&old, word))
            return -EFAULT;
        if (!fn(s, old >> shift & mask))
            return -EINVAL;
        new = (old & ~(mask << shift)) | (s->value & mask) << shift;
        err = pt_write_l1(v, table, (word & ~PAGE_MASK) / sizeof(pte_t), old,
                          new);
    }
    return err;
}

bool emulate_pt_write(struct cpu_user_regs *regs, unsigned long va)
{
    struct vcpu *v = current_vcpu();
    struct store s = { .r = regs };
    unsigned int index;
    struct insn in;
    store_fn *fn;
    mfn_t table;
    pte_t e;
    int err;

    if (pt_walk_guest(v, va, &table, &index, &e) ||
        (e & (PTE_P | PTE_RW)) != PTE_P || insn_fetch(&in, regs))
        return false;
    fn = find(&in);
    s.in = &in;
    s.size = in.operand_size;
    if (!fn || !locate(&s))
        return false;
    /* All of it in the one entry that the fault named. */
    if (s.address > va || va - s.address >= s.size ||
        (s.address & 7) + s.size > 8)
        return false;

    err = write_entry(v, &s, fn, pte_mfn(e));
    if (err == -EAGAIN)
        return true; /* much contended: the guest tries again */
    if (err)
        return false;
    commit(&s);
    return true;
}
