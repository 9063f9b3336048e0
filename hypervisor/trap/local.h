/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of trap/ and the assembly of entry/ share. */
#pragma once

#include <hv/types.h>
#include <x86/regs.h>
#include <xen/xen.h>

struct vcpu;

/* Flags that a guest may choose; IF is ours, IOPL and VM stay 0. */
#define GUEST_FLAGS                                                            \
    (~(EFLAGS_IF | EFLAGS_IOPL | EFLAGS_VM | EFLAGS_VIF | EFLAGS_VIP) &        \
     0x3fffffUL)

/* bounce_syscall* - system calls of guest user mode, from entry/syscall.S */
void bounce_syscall(struct cpu_user_regs *regs, struct vcpu *v);
void bounce_syscall32(struct cpu_user_regs *regs, struct vcpu *v);
void bounce_sysenter(struct cpu_user_regs *regs, struct vcpu *v);

/* page_fault - #PF from a guest; everything else of it is in trap.c */
void page_fault(struct cpu_user_regs *regs);

/* page_fault_hv - #PF of an access of ours; true: do it again */
bool page_fault_hv(const struct cpu_user_regs *regs);

/* trap_dispatch_hv - from the hypervisor; returns a frame to leave by, or 0 */
struct cpu_user_regs *trap_dispatch_hv(struct cpu_user_regs *regs);

/* ist_dispatch - NMI, #DF, #MC on their own stacks */
void ist_dispatch(struct cpu_user_regs *regs);
