/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NMI, double fault, machine check: each on its own stack, because each can
 * arrive while rsp is not ours.
 */
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/trap.h>
#include <x86/insn.h>
#include <x86/regs.h>
#include "local.h"

void ist_dispatch(struct cpu_user_regs *regs)
{
    while (smp_stopping())
        hlt(); /* another CPU panics */
    if (regs->entry_vector == VEC_NMI) {
        log_warn("NMI at %#x:%#lx\n", regs->cs, (unsigned long)regs->rip);
        return;
    }
    console_sync();
    dump_regs(regs);
    if (!regs_from_guest(regs))
        dump_stack(regs);
    panic("%s, error %#x, cr2 %#lx",
          regs->entry_vector == VEC_DF ? "double fault" : "machine check",
          regs->error_code, read_cr2());
}
