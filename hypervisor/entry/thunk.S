/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Indirect branches of compiled code, one thunk for each register: a
 * retpoline, which no branch predictor that a guest has trained can divert.
 * Where the CPU protects ring 0's branches itself they become plain jumps.
 */
#include <x86/patch.h>

        .macro  thunk name, reg
        .p2align 5
        .globl  \name
\name:
771:    call    2f
1:      pause
        lfence
        jmp     1b
2:      movq    %\reg, (%rsp)
        ret
        patch_site 771b, PATCH_JUMP, jmp *%\reg
        .endm

        .text
        .irp    reg, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
        thunk   __x86_indirect_thunk_\reg, \reg
        .endr

/* clang uses one register and a name of its own. */
        thunk   __llvm_retpoline_r11, r11
