/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving registers as struct cpu_user_regs has them, below its error code. */

/* \rax_is_there: the word of rax was written before rsp came here. */
        .macro  push_regs rax_is_there=0
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %rcx
        .if     \rax_is_there
        leaq    -8(%rsp), %rsp
        .else
        pushq   %rax
        .endif
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        .endm
