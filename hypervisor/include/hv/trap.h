/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exceptions, and how they are handed on to a guest. */
#pragma once

#include <hv/types.h>
#include <xen/xen.h>

struct vcpu;

/* trap_dispatch - C entry of every exception and interrupt */
void trap_dispatch(struct cpu_user_regs *regs);

/* Did this frame interrupt a guest (and not the hypervisor)? */
static inline bool regs_from_guest(const struct cpu_user_regs *regs)
{
    return regs->cs & 3;
}

/**
 * trap_inject - bounce an exception into the current vCPU's guest kernel
 * @vec:  exception vector
 * @ec:   error code, used only for vectors that push one
 *
 * Builds the frame on the guest's stack at once.  A guest without a handler,
 * or whose stack cannot be written, is crashed.
 */
void trap_inject(unsigned int vec, uint32_t ec);

/* trap_inject_pf - the same for #PF: also writes cr2 for the guest */
void trap_inject_pf(unsigned long va, uint32_t ec);

/* bounce_event - enter the current vCPU's event callback */
void bounce_event(void);

/**
 * bounce_failsafe - a selector or the return frame could not be loaded
 *
 * The registers that failed, selectors included, are in guest_regs().
 */
void bounce_failsafe(void);

/* mode_switch - flip the current vCPU between guest kernel and user mode */
void mode_switch(struct vcpu *v);

/**
 * vcpu_nmi - enter the guest's NMI handler as soon as it is not in it
 *
 * Any vCPU, from any context but an NMI.  Returns: 0; -EINVAL it has none.
 */
int vcpu_nmi(struct vcpu *v);

/* nmi_work - tell dom0 of NMIs, enter the current vCPU's handler (WORK_NMI) */
void nmi_work(void);

/* nmi_unmask - the current vCPU leaves its NMI handler */
void nmi_unmask(struct vcpu *v);

/**
 * extable_fixup - where to go on after a fault in the hypervisor at @rip
 *
 * Returns the address, or 0: a bug.
 */
unsigned long extable_fixup(unsigned long rip);

/* panic_regs - panic() of what happened at @regs */
void panic_regs(const struct cpu_user_regs *regs, const char *fmt, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

/* dump_regs, dump_stack - for panics and debug keys */
void dump_regs(const struct cpu_user_regs *regs);
void dump_stack(const struct cpu_user_regs *regs);

/* dump_guest_stack - the top of the current guest's stack, if readable */
void dump_guest_stack(const struct cpu_user_regs *regs);

/* Emulators; each is true when it dealt with the fault (and moved rip). */

/* emulate_gp - a privileged instruction at CPL 3 raised #GP */
bool emulate_gp(struct cpu_user_regs *regs);

/* emulate_ud - the forced-emulation prefix (ud2; "xen") before cpuid */
bool emulate_ud(struct cpu_user_regs *regs);

/* emulate_pt_write - a store to a read-only mapped L1 page; @va faulted */
bool emulate_pt_write(struct cpu_user_regs *regs, unsigned long va);
