/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `syscall' and `sysenter' from a guest: a hypercall if it was in kernel
 * mode, otherwise a system call for its kernel.
 *
 * TOUR 3.1: the processor changes neither stack nor GS base on `syscall', and
 * the GS bases are the guest's.  So LSTAR points at a stub of this CPU
 * alone (cpu/tables.c) that knows the top of its stack as a constant:
 *
 *      rax           -> regs.rax, already in its slot
 *      old rsp       -> rax
 *      &regs.es      -> rsp
 *
 *      rcx = return address, r11 = flags; flags.IF, DF, AC, TF, NT are 0
 */
#include <hv/layout.h>
#include <x86/desc.h>
#include "offsets.h"
#include "regs.inc"
#include "extras.inc"

        .text

/* Push the frame that an interrupt would have pushed, less rax. */
        .macro  save_syscall_frame cs
        pushq   $SEL_FLAT_DS
        pushq   %rax                    /* rsp */
        pushq   %r11                    /* rflags */
        pushq   $\cs
        pushq   %rcx                    /* rip */
        pushq   $0                      /* error code, vector */
        push_regs rax_is_there=1
        .endm

        .globl  syscall_entry
syscall_entry:
        save_syscall_frame SEL_FLAT_CS64
        from_guest
        movq    TOP_CURRENT(%rsp), %rsi
        movq    %rsp, %rdi
        cmpb    $0, V_KERNEL_MODE(%rsi)
        je      1f
        call    hcall_entry             /* (regs, vcpu) */
        jmp     exit_to_guest
1:      call    bounce_syscall
        jmp     exit_to_guest

/* `syscall' from a 32-bit process (AMD processors only). */
        .globl  syscall32_entry
syscall32_entry:
        save_syscall_frame SEL_FLAT_CS32
        from_guest
        movq    TOP_CURRENT(%rsp), %rsi
        movq    %rsp, %rdi
        call    bounce_syscall32
        jmp     exit_to_guest

/*
 * `sysenter' (Intel processors): rsp came from its MSR and is &regs.es;
 * return address, stack and flags are lost, the guest's kernel knows them.
 */
        .globl  sysenter_entry
sysenter_entry:
        movq    %rax, R_RAX - R_ES(%rsp)
        xorl    %eax, %eax
        pushq   $SEL_FLAT_DS
        pushq   %rax                    /* rsp: not known */
        pushfq
        pushq   $SEL_FLAT_CS32
        pushq   %rax                    /* rip: not known */
        pushq   $0
        push_regs rax_is_there=1
        pushq   $2                      /* only the always-one bit: AC, NT, TF off */
        popfq
        from_guest
        movq    TOP_CURRENT(%rsp), %rsi
        movq    %rsp, %rdi
        call    bounce_sysenter
        jmp     exit_to_guest

/* Room for the stubs: two of 64 bytes a CPU, `syscall' of either mode. */
        .p2align 12
        .globl  syscall_stubs
syscall_stubs:
        .skip   2 * 64 * NR_CPUS, 0xcc
