/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose page fault is it?  A descriptor of the LDT that is not mapped yet, a
 * store to a page table, or the guest kernel's own business.
 */
#include <hv/cpu.h>
#include <hv/layout.h>
#include <hv/mm.h>
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

void page_fault(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();
    unsigned long va = read_cr2();
    uint32_t ec = regs->error_code;

    if (unlikely(va >= HV_VIRT_START && va < HV_VIRT_END)) {
        /* Implicit supervisor accesses come without the U bit. */
        if (!(ec & PFEC_U) && descriptor_fault(v, va))
            return;
        /* Never tell a guest what is mapped in our range. */
        ec &= ~PFEC_P;
    } else if ((ec & (PFEC_P | PFEC_W | PFEC_RSVD | PFEC_I)) ==
                   (PFEC_P | PFEC_W) &&
               v->kernel_mode && emulate_pt_write(regs, va)) {
        return;
    }
    trap_inject_pf(va, ec);
}
