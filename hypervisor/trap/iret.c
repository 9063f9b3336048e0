/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The iret hypercall: how a guest kernel returns from a frame that we
 * bounced to it, to its user space or to itself.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/regs.h>
#include "local.h"

long hc_iret(struct hcall *h)
{
    struct vcpu *v = h->caller;
    struct cpu_user_regs *regs = guest_regs();
    struct iret_context f;

    if (copy_from_guest(&f, regs->rsp, sizeof(f))) {
        domain_crash(v->domain, "iret: no frame at %#lx", regs->rsp);
        return 0;
    }
    if ((f.cs & 3) == 3) {
        if (!v->cr3[0]) {
            domain_crash(v->domain, "iret to user mode without user tables");
            return 0;
        }
        mode_switch(v);
    }

    regs->rip = f.rip;
    regs->cs = f.cs | 3;
    regs->rflags = (f.rflags & GUEST_FLAGS) | EFLAGS_IF | EFLAGS_MBS;
    regs->rsp = f.rsp;
    regs->ss = f.ss | 3;
    if (f.flags & VGCF_in_syscall) {
        regs->rcx = f.rip;
        regs->r11 = f.rflags;
    } else {
        regs->rcx = f.rcx;
        regs->r11 = f.r11;
    }
    if (unlikely(v->nmi_masked))
        nmi_unmask(v);
    v->info->evtchn_upcall_mask = !(f.rflags & EFLAGS_IF);
    return f.rax;
}
