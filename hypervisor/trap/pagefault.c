/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose page fault is it?  A descriptor of the LDT that is not mapped yet, a
 * store to a page table, or the guest kernel's own business.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/features.h>
#include <hv/guest.h>
#include <hv/layout.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <hv/track.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <x86/regs.h>
#include "local.h"

#define GDT_BYTES (GDT_PAGES * PAGE_SIZE)
#define LDT_BYTES (LDT_PAGES * PAGE_SIZE)

/* A selector load hit a page of the descriptor windows that is not there. */
static bool descriptor_fault(struct vcpu *v, unsigned long va)
{
    unsigned long gdt = GDT_WINDOW(this_cpu_id());
    unsigned long ldt = LDT_WINDOW(this_cpu_id());

    if (va >= ldt && va < ldt + LDT_BYTES) {
        if (!ldt_fault(v, va - ldt))
            trap_inject(VEC_GP, ((va - ldt) & ~7UL) | 4);
        return true;
    }
    if (va >= gdt && va < gdt + GDT_BYTES) {
        trap_inject(VEC_GP, (va - gdt) & ~7UL);
        return true;
    }
    return false;
}

/*
 * QEMU's TCG (7.2) reads the stack for `iretq' as the supervisor even at
 * CPL 3, where SMAP then forbids it.  Processors never do: a guest's own
 * accesses come with the U bit.  Linux uses iretq to synchronise the CPU
 * with code that it has patched, so do here what the instruction would do.
 */
static bool supervisor_iretq(struct cpu_user_regs *regs, uint32_t ec)
{
    static const uint8_t iretq[] = { 0x48, 0xcf };
    uint8_t insn[sizeof(iretq)];
    struct {
        uint64_t rip, cs, rflags, rsp, ss;
    } f;

    if (!CPU_HAS(SMAP) || (ec & (PFEC_P | PFEC_W | PFEC_U | PFEC_I)) != PFEC_P)
        return false;
    if (copy_from_guest(insn, regs->rip, sizeof(insn)) ||
        memcmp(insn, iretq, sizeof(iretq)) ||
        copy_from_guest(&f, regs->rsp, sizeof(f)))
        return false;
    regs->rip = f.rip;
    regs->cs = f.cs | 3;
    regs->rflags = (f.rflags & GUEST_FLAGS) | EFLAGS_IF | EFLAGS_MBS;
    regs->rsp = f.rsp;
    regs->ss = f.ss | 3;
    return true;
}

bool page_fault_hv(const struct cpu_user_regs *regs)
{
    unsigned long va = read_cr2(), ldt = LDT_WINDOW(this_cpu_id());
    struct vcpu *v = current_vcpu();
    uint32_t ec = regs->error_code;

    if (v && va >= ldt && va < ldt + LDT_BYTES)
        return ldt_fault(v, va - ldt);
    return v && v->domain->track && track_fault(va, &ec);
}

void page_fault(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();
    unsigned long va = read_cr2();
    uint32_t ec = regs->error_code;

    if (unlikely(v->domain->track) && track_fault(va, &ec))
        return;
    if (unlikely(va >= HV_VIRT_START && va < HV_VIRT_END)) {
        /* Implicit supervisor accesses come without the U bit. */
        if (!(ec & PFEC_U) && descriptor_fault(v, va))
            return;
        /* Never tell a guest what is mapped in our part of the range. */
        if (va >= M2P_RW_BASE)
            ec &= ~PFEC_P;
    } else if ((ec & (PFEC_P | PFEC_W | PFEC_RSVD | PFEC_I)) ==
                   (PFEC_P | PFEC_W) &&
               v->kernel_mode && emulate_pt_write(regs, va)) {
        return;
    } else if (unlikely(!(ec & PFEC_U)) && supervisor_iretq(regs, ec)) {
        return;
    }
    trap_inject_pf(va, ec);
}
