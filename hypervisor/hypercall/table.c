/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall table and the one place that checks privilege.
 *
 * TOUR 4.1: arguments come in rdi, rsi, rdx, r10, r8, r9, the number in
 * eax, the result goes to rax; all else is preserved.
 */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/hcall.h>
#include <hv/nospec.h>
#include <hv/vcpu.h>
#include <xen/arch-x86/xen-mca.h>
#include "local.h"

const struct hcall_row hcall_table[NR_HCALLS] = {
#define X(n, na, w) [__HYPERVISOR_##n] = { hc_##n, #n, na, w },
    HCALL_LIST(X)
#undef X
};

inline long hcall_dispatch(unsigned long nr, struct hcall *h)
{
    const struct hcall_row *row = &hcall_table[nospec_index(nr, NR_HCALLS)];

    if (unlikely(nr >= NR_HCALLS || !row->fn))
        return -ENOSYS;
    if (unlikely(row->who == CONTROL && !h->caller->domain->control))
        return -EPERM;
    return row->fn(h);
}

/* From entry/syscall.S; @regs are the caller's. */
void hcall_entry(struct cpu_user_regs *regs, struct vcpu *v)
{
    struct hcall h = {
        .arg = { regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8,
                 regs->r9 },
        .caller = v,
    };
    long ret = hcall_dispatch(regs->rax, &h);

    if (hcall_restarts(regs->rax, ret)) {
        regs->rdi = h.arg[0];
        regs->rsi = h.arg[1];
        regs->rdx = h.arg[2];
        regs->r10 = h.arg[3];
        regs->r8 = h.arg[4];
        regs->r9 = h.arg[5];
        regs->rip -= 2; /* the syscall instruction again */
        return;
    }
    regs->rax = ret;
}
