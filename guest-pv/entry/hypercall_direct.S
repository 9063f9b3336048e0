/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * long hypercall(nr, a1, a2, a3, a4, a5), by the instruction itself.
 *
 *      C:          rdi  rsi  rdx  rcx  r8   r9
 *      hypercall:  rax  rdi  rsi  rdx  r10  r8      result in rax
 *
 * `syscall` destroys rcx and r11, which a C caller does not expect to keep.
 */
        .text
        .globl  hypercall
hypercall:
        mov     %rdi, %rax
        mov     %rsi, %rdi
        mov     %rdx, %rsi
        mov     %rcx, %rdx
        mov     %r8, %r10
        mov     %r9, %r8
        syscall
        ret

        .section .note.GNU-stack, "", @progbits
