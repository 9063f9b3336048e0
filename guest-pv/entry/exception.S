/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions, events and system calls as the hypervisor delivers them, and
 * the way back.
 *
 * On entry, from low to high addresses (all words of 8 bytes):
 *
 *      rcx  r11  [error code]  rip  cs  rflags  rsp  ss
 *
 * with the saved event mask in bits 32-39 of cs.  A stub pops rcx and r11
 * and makes the rest a struct cpu_user_regs (<xen/arch-x86/xen-x86_64.h>)
 * up to ss: trap_dispatch() gets its address.
 *
 * The failsafe callback has four words more: rcx r11 ds es fs gs rip ...
 * They go to failsafe_selectors[].
 */
#include <pv/trap_vector.h>

        .macro  trap_stub vector:req, has_error=0
        pop     %rcx
        pop     %r11
        .if     !\has_error
        push    $0
        .endif
        movl    $\vector, 4(%rsp)       # beside the 32-bit error code
        jmp     trap_common
        .endm

        .text
        .p2align 4
        .globl  trap_stubs
trap_stubs:                             # vectors 0 to 31, 32 bytes each
        .set    vector, 0
        .rept   32
        .p2align 5
        .if     (vector == 8) | ((vector >= 10) & (vector <= 14)) | \
                (vector == 17) | (vector == 21)
        trap_stub vector, 1
        .else
        trap_stub vector
        .endif
        .set    vector, vector + 1
        .endr

        .globl  trap_stub_int80, trap_stub_event, trap_stub_syscall
        .globl  trap_stub_syscall32, trap_stub_failsafe
trap_stub_int80:
        trap_stub TRAP_INT80
trap_stub_event:
        trap_stub TRAP_EVENT
trap_stub_syscall:
        trap_stub TRAP_SYSCALL
trap_stub_syscall32:
        trap_stub TRAP_SYSCALL32
trap_stub_failsafe:
        pop     %rcx
        pop     %r11
        pop     failsafe_selectors(%rip)
        pop     failsafe_selectors + 8(%rip)
        pop     failsafe_selectors + 16(%rip)
        pop     failsafe_selectors + 24(%rip)
        push    $0
        movl    $TRAP_FAILSAFE, 4(%rsp)
        jmp     trap_common

trap_common:
        cld
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %rax
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, %rdi
        call    trap_dispatch           # void trap_dispatch(cpu_user_regs *)
        mov     %rsp, %rdi
        xor     %esi, %esi

/*
 * void trap_return(struct cpu_user_regs *rdi, unsigned long flags rsi):
 * load all registers of the structure by the iret hypercall.  The structure
 * lies on the stack, and what is below it is free.  The hypercall wants
 *
 *      rsp -> rax  r11  rcx  flags  rip  cs  rflags  rsp  ss
 */
        .globl  trap_return
trap_return:
        mov     %rdi, %rsp
        mov     %rsi, 15 * 8(%rsp)      # flags: into the word of error code
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rax
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
        push    %rcx                    # below the flags
        push    %r11
        push    %rax
        mov     $TRAP_HYPERCALL_IRET, %eax
        syscall
        ud2                             # iret does not return

/*
 * int land_set(struct landing *rdi): remember where we are, return 0.
 * void land_jump(struct landing *rdi, int esi): return esi from there.
 *
 *      struct landing: rbx rbp r12 r13 r14 r15 rsp rip
 */
        .globl  land_set
land_set:
        mov     %rbx, 0(%rdi)
        mov     %rbp, 8(%rdi)
        mov     %r12, 16(%rdi)
        mov     %r13, 24(%rdi)
        mov     %r14, 32(%rdi)
        mov     %r15, 40(%rdi)
        lea     8(%rsp), %rax
        mov     %rax, 48(%rdi)
        mov     (%rsp), %rax
        mov     %rax, 56(%rdi)
        xor     %eax, %eax
        ret

        .globl  land_jump
land_jump:
        mov     0(%rdi), %rbx
        mov     8(%rdi), %rbp
        mov     16(%rdi), %r12
        mov     24(%rdi), %r13
        mov     32(%rdi), %r14
        mov     40(%rdi), %r15
        mov     48(%rdi), %rsp
        mov     %esi, %eax
        jmp     *56(%rdi)

        .section .note.GNU-stack, "", @progbits
