/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Indirect branches of compiled code, one thunk for each register: a
 * retpoline, which no branch predictor that a guest has trained can divert.
 * Where the CPU protects ring 0's branches itself they become plain jumps.
 */
#include <x86/patch.h>

        .macro  thunk name, reg, jump:vararg
        .p2align 5
        .globl  \name
\name:
771:    call    2f
1:      pause
        lfence
        jmp     1b
2:      movq    %\reg, (%rsp)
        ret
        patch_site 771b, PATCH_JUMP, \jump
        .endm

        .text
        thunk   __x86_indirect_thunk_rax, rax, 0xff, 0xe0
        thunk   __x86_indirect_thunk_rcx, rcx, 0xff, 0xe1
        thunk   __x86_indirect_thunk_rdx, rdx, 0xff, 0xe2
        thunk   __x86_indirect_thunk_rbx, rbx, 0xff, 0xe3
        thunk   __x86_indirect_thunk_rbp, rbp, 0xff, 0xe5
        thunk   __x86_indirect_thunk_rsi, rsi, 0xff, 0xe6
        thunk   __x86_indirect_thunk_rdi, rdi, 0xff, 0xe7
        thunk   __x86_indirect_thunk_r8, r8, 0x41, 0xff, 0xe0
        thunk   __x86_indirect_thunk_r9, r9, 0x41, 0xff, 0xe1
        thunk   __x86_indirect_thunk_r10, r10, 0x41, 0xff, 0xe2
        thunk   __x86_indirect_thunk_r11, r11, 0x41, 0xff, 0xe3
        thunk   __x86_indirect_thunk_r12, r12, 0x41, 0xff, 0xe4
        thunk   __x86_indirect_thunk_r13, r13, 0x41, 0xff, 0xe5
        thunk   __x86_indirect_thunk_r14, r14, 0x41, 0xff, 0xe6
        thunk   __x86_indirect_thunk_r15, r15, 0x41, 0xff, 0xe7

/* clang uses one register and a name of its own. */
        thunk   __llvm_retpoline_r11, r11, 0x41, 0xff, 0xe3
