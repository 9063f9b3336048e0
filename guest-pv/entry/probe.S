/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code whose registers and addresses a test must know exactly.
 */
        .text

/*
 * void probe_registers(void *): load every register with a number of its
 * own, then execute ud2 at probe_registers_ud2.
 */
        .globl  probe_registers, probe_registers_ud2
probe_registers:
        mov     $0x0a0a, %rax
        mov     $0x0b0b, %rbx
        mov     $0x0c0c, %rcx
        mov     $0x0d0d, %rdx
        mov     $0x5151, %rsi
        mov     $0xd1d1, %rdi
        mov     $0xb9b9, %rbp
        mov     $0x0808, %r8
        mov     $0x0909, %r9
        mov     $0x1010, %r10
        mov     $0x1111, %r11
        mov     $0x1212, %r12
        mov     $0x1313, %r13
        mov     $0x1414, %r14
        mov     $0x1515, %r15
probe_registers_ud2:
        ud2

/*
 * long probe_resume(void): as probe_registers, but a hook steps over the
 * ud2; returns how many registers have changed.  The flags are checked too:
 * carry is set before, and must be after.
 */
        .macro  check value:req, reg:req
        cmp     $\value, \reg
        je      .Lsame\@
        inc     %rax
.Lsame\@:
        .endm

        .globl  probe_resume
probe_resume:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     $0x0b0b, %rbx
        mov     $0x0c0c, %rcx
        mov     $0x0d0d, %rdx
        mov     $0x5151, %rsi
        mov     $0xd1d1, %rdi
        mov     $0xb9b9, %rbp
        mov     $0x0808, %r8
        mov     $0x0909, %r9
        mov     $0x1010, %r10
        mov     $0x1111, %r11
        mov     $0x1212, %r12
        mov     $0x1313, %r13
        mov     $0x1414, %r14
        mov     $0x1515, %r15
        xor     %eax, %eax
        stc
        ud2
        adc     $-1, %rax               # 0 if carry was kept
        check   0x0b0b, %rbx
        check   0x0c0c, %rcx
        check   0x0d0d, %rdx
        check   0x5151, %rsi
        check   0xd1d1, %rdi
        check   0xb9b9, %rbp
        check   0x0808, %r8
        check   0x0909, %r9
        check   0x1010, %r10
        check   0x1111, %r11
        check   0x1212, %r12
        check   0x1313, %r13
        check   0x1414, %r14
        check   0x1515, %r15
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

        .section .note.GNU-stack, "", @progbits
