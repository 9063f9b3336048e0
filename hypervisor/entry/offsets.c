/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Constants for assembly.  Never linked: the build compiles this file to
 * assembly text and picks the marked lines out of it into offsets.h.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/vcpu.h>

#define DEFINE(name, value)                                                    \
    asm volatile(".ascii \"->" #name " %c0\"" : : "i"(value))
#define REG(NAME, field) DEFINE(R_##NAME, offsetof(struct cpu_user_regs, field))

void offsets(void);
void offsets(void)
{
    REG(R15, r15);
    REG(R14, r14);
    REG(R13, r13);
    REG(R12, r12);
    REG(RBP, rbp);
    REG(RBX, rbx);
    REG(R11, r11);
    REG(R10, r10);
    REG(R9, r9);
    REG(R8, r8);
    REG(RAX, rax);
    REG(RCX, rcx);
    REG(RDX, rdx);
    REG(RSI, rsi);
    REG(RDI, rdi);
    REG(ERROR_CODE, error_code);
    REG(VECTOR, entry_vector);
    REG(RIP, rip);
    REG(CS, cs);
    REG(RFLAGS, rflags);
    REG(RSP, rsp);
    REG(SS, ss);
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
