/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Constants for assembly.  Never linked: the build compiles this file to
 * assembly text and picks the marked lines out of it into offsets.h.
 */
#include <hv/cpu.h>
#include <hv/vcpu.h>

#define DEFINE(name, value)                                                    \
    asm volatile(".ascii \"->" #name " %c0\"" : : "i"(value))
#define REG(NAME, field) DEFINE(R_##NAME, offsetof(struct cpu_user_regs, field))

void offsets(void);
void offsets(void)
{
    REG(RAX, rax);
    REG(CS, cs);
    REG(ES, es);

    DEFINE(STACK_TOP_SIZE, sizeof(struct stack_top));
    DEFINE(TOP_CURRENT, offsetof(struct stack_top, current));
    DEFINE(TOP_CPU, offsetof(struct stack_top, cpu));
    DEFINE(TOP_HV_CR3, offsetof(struct stack_top, hv_cr3));
    DEFINE(TOP_ENTERED, offsetof(struct stack_top, entered));
    DEFINE(TOP_ENTERED_RAX, offsetof(struct stack_top, entered_rax));
    DEFINE(TOP_GUEST_CR3, offsetof(struct stack_top, guest_cr3));
    DEFINE(STACK_BYTES, STACK_SIZE);
    DEFINE(CPU_WORK, offsetof(struct cpu, work));

    DEFINE(V_INFO, offsetof(struct vcpu, info));
    DEFINE(V_KERNEL_MODE, offsetof(struct vcpu, kernel_mode));
}
