/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * in, out, ins, outs of guests.  May it, is asked here (virtual IOPL, I/O
 * bitmap); what the port then answers is irq/ports.c's.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/guest.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <x86/regs.h>
#include "insn_fetch.h"
#include "port_io.h"

#define OP_BYTE_FORM(op) (!((op)&1))
#define OP_DX_FORM(op) ((op)&8)
#define STRING_BATCH 64 /* elements between two looks at the time */

bool port_iopl_ok(const struct vcpu *v)
{
    if (!v->kernel_mode)
        return v->iopl == 3;
    return v->iopl ||
           (v->domain->vm_assist & (1U << VMASST_TYPE_architectural_iopl));
}

/* The bitmap is in the guest kernel's address space: look there. */
static bool bitmap_ok(struct vcpu *v, unsigned int port, unsigned int bytes)
{
    unsigned long u = (unsigned long)v->u_iobmp + port / 8;
    uint8_t bits[2] = { 0xff, 0xff };
    size_t n = (port % 8 + bytes + 7) / 8;
    int err;

    if (!v->u_iobmp || port + bytes > v->iobmp_nr)
        return false;
    if (!v->kernel_mode)
        write_cr3(v->cr3[true]);
    err = copy_from_guest(bits, u, n);
    if (!v->kernel_mode)
        write_cr3(v->cr3[false]);
    if (err)
        return false;
    return !((bits[0] | bits[1] << 8) >> port % 8 & ((1U << bytes) - 1));
}

static bool permitted(struct vcpu *v, unsigned int port, unsigned int bytes)
{
    return port_iopl_ok(v) || bitmap_ok(v, port, bytes);
}

static unsigned int io_bytes(const struct insn *in)
{
    if (OP_BYTE_FORM(in->opcode))
        return 1;
    return in->operand_size == 2 ? 2 : 4;
}

static uint16_t io_port(const struct cpu_user_regs *r, const struct insn *in)
{
    return OP_DX_FORM(in->opcode) ? r->dx : in->imm & 0xff;
}

bool emul_in(struct vcpu *v, struct cpu_user_regs *r, const struct insn *in)
{
    unsigned int bytes = io_bytes(in);
    uint16_t port = io_port(r, in);

    if (!permitted(v, port, bytes))
        return false;
    insn_write_register(in, r, 0, bytes, guest_io_read(v->domain, port, bytes));
    insn_done(r, in->length);
    return true;
}

bool emul_out(struct vcpu *v, struct cpu_user_regs *r, const struct insn *in)
{
    unsigned int bytes = io_bytes(in);
    uint16_t port = io_port(r, in);

    if (!permitted(v, port, bytes))
        return false;
    guest_io_write(v->domain, port, bytes, r->eax);
    insn_done(r, in->length);
    return true;
}

/* A counter or address register, as wide as the instruction uses it. */
static unsigned long get_width(const struct insn *in, uint64_t reg)
{
    return in->address_size == 4 ? (uint32_t)reg : reg;
}

static void add_width(const struct insn *in, uint64_t *reg, long delta)
{
    *reg = get_width(in, *reg + delta);
}

/* The guest's memory operand faulted: its kernel has to see to that. */
static bool fault(struct vcpu *v, unsigned long va, bool write)
{
    uint32_t ec = (write ? PFEC_W : 0) | (v->kernel_mode ? 0 : PFEC_U);
    unsigned int index;
    mfn_t table;
    pte_t e;

    if (!pt_walk_guest(v, va, &table, &index, &e) && (e & PTE_P))
        ec |= PFEC_P;
    trap_inject_pf(va, ec);
    return true;
}

/*
 * One element from port to memory.  Writability is found out before the
 * device is asked: what it says cannot be put back.
 */
static bool one_in(struct vcpu *v, struct cpu_user_regs *r, unsigned long va,
                   unsigned int bytes)
{
    uint32_t val;

    if (copy_from_guest(&val, va, bytes) || copy_to_guest(va, &val, bytes))
        return false;
    val = guest_io_read(v->domain, r->dx, bytes);
    return !copy_to_guest(va, &val, bytes);
}

static bool one_out(struct vcpu *v, struct cpu_user_regs *r, unsigned long va,
                    unsigned int bytes)
{
    uint32_t val = 0;

    if (copy_from_guest(&val, va, bytes))
        return false;
    guest_io_write(v->domain, r->dx, bytes, val);
    return true;
}

/*
 * Elements until the count is used up, memory faults, or time is up: then
 * the registers stand as the processor would leave them, and the
 * instruction runs again.
 */
static bool string_io(struct vcpu *v, struct cpu_user_regs *r,
                      const struct insn *in, uint64_t *address,
                      unsigned long base, bool input)
{
    unsigned int bytes = io_bytes(in), batch = 0;
    long step = r->rflags & EFLAGS_DF ? -(long)bytes : (long)bytes;
    bool rep = in->rep || in->repne;

    if (!permitted(v, r->dx, bytes))
        return false;
    for (;;) {
        unsigned long va = base + get_width(in, *address);

        if (rep && !get_width(in, r->rcx))
            break;
        if (!(input ? one_in : one_out)(v, r, va, bytes))
            return fault(v, va, input);
        add_width(in, address, step);
        if (!rep)
            break;
        add_width(in, &r->rcx, -1);
        if (++batch % STRING_BATCH == 0 && preempt_needed())
            return true;
    }
    insn_done(r, in->length);
    return true;
}

bool emul_ins(struct vcpu *v, struct cpu_user_regs *r, const struct insn *in)
{
    return string_io(v, r, in, &r->rdi, 0, true);
}

bool emul_outs(struct vcpu *v, struct cpu_user_regs *r, const struct insn *in)
{
    unsigned long base = in->segment == SEG_FS   ? rdmsr(MSR_FS_BASE)
                         : in->segment == SEG_GS ? rdmsr(MSR_GS_BASE)
                                                 : 0;

    return string_io(v, r, in, &r->rsi, base, false);
}
