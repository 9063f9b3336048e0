/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * long hypercall(nr, a1, a2, a3, a4, a5), through the hypercall page: the
 * page that a note names and that the domain builder fills with 128 stubs of
 * 32 bytes, one for each number.
 *
 *      C:          rdi  rsi  rdx  rcx  r8   r9
 *      stub:       (nr) rdi  rsi  rdx  r10  r8      result in rax
 */
        .text
        .globl  hypercall
hypercall:
        mov     %rdi, %rax
        shl     $5, %rax
        lea     hypercall_page(%rip), %r11
        add     %rax, %r11
        mov     %rsi, %rdi
        mov     %rdx, %rsi
        mov     %rcx, %rdx
        mov     %r8, %r10
        mov     %r9, %r8
        call    *%r11
        ret

        .p2align 12
        .globl  hypercall_page
hypercall_page:
        .fill   4096, 1, 0x0f           # an invalid opcode until it is filled

        .section .note.GNU-stack, "", @progbits
