/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions and interrupts: one short stub per vector, then one path.
 *
 * TOUR 3.2: from a guest the frame lands exactly in stack_top.regs (TSS.rsp0
 * is &regs.es); from the hypervisor it lies below what was running.  #DF,
 * NMI, #MC and #DB have stacks of their own, because each can arrive on the
 * first instruction after `syscall', when rsp is still the guest's.
 *
 *      stack after save_all:   r15 ... rdi, error code|vector, rip, cs,
 *                              rflags, rsp, ss     (struct cpu_user_regs)
 */
#include <x86/desc.h>
#include <x86/patch.h>
#include <x86/regs.h>
#include "offsets.h"
#include "regs.inc"
#include "extras.inc"

/* Becomes `clac' at boot where SMAP exists (cpu/patch.c). */
        .macro  smap_clac
771:    .byte   0x0f, 0x1f, 0x00
        patch_site 771b, PATCH_SMAP, clac
        .endm

        .macro  save_all
        push_regs
        cld
        smap_clac
        .endm

        .macro  restore_all
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rax
        popq    %rcx
        popq    %rdx
        popq    %rsi
        popq    %rdi
        addq    $8, %rsp
        .endm

        .text
        .p2align 4
        .globl  vector_stubs
vector_stubs:
        .set    vec, 0
        .rept   256
        .p2align 4
        .if     vec > 31
        pushq   $0
        .elseif ((VEC_HAS_ERROR >> vec) & 1) == 0
        pushq   $0
        .endif
        movl    $vec, 4(%rsp)
        .if     vec == VEC_NMI || vec == VEC_DF || vec == VEC_MC
        jmp     ist_common
        .elseif vec == VEC_DB
        jmp     debug_common
        .else
        jmp     common
        .endif
        .set    vec, vec + 1
        .endr

common:
        save_all
        testb   $3, R_CS(%rsp)
        jz      from_hypervisor
        from_guest
        movq    %rsp, %rdi
        call    trap_dispatch
        jmp     exit_to_guest

from_hypervisor:
        xpti_nested
        movq    %rsp, %rdi
        call    trap_dispatch_hv
        testq   %rax, %rax
        jnz     1f
        xpti_nested_end
        restore_all
        iretq
1:      movq    %rax, %rsp              /* an iretq to the guest faulted */
        jmp     exit_to_guest

/* NMI, #DF, #MC: handled where they are, whatever they interrupted. */
ist_common:
        save_all
        xpti_nested
        movq    %rsp, %rdi
        call    ist_dispatch
        xpti_nested_end
        restore_all
        iretq

/* #DB: from a guest, move the frame to the main stack and go on there. */
debug_common:
        save_all
        testb   $3, R_CS(%rsp)
        jz      from_hypervisor
        movq    %rsp, %rsi
        movq    %rsp, %rdi
        orq     $(STACK_BYTES - 1), %rdi
        subq    $(STACK_TOP_SIZE - 1), %rdi
        movq    %rdi, %rax
        movl    $(R_ES / 8), %ecx
        rep movsq
        movq    %rax, %rsp
        from_guest
        movq    %rsp, %rdi
        call    trap_dispatch
        /* fall through */

/*
 * TOUR 3.3: the only way back to a guest.  Interrupts are off; work for
 * this CPU comes first, then an event if the guest can take one.
 */
        .globl  exit_to_guest
exit_to_guest:
        movq    TOP_CPU(%rsp), %rax
        cmpl    $0, CPU_WORK(%rax)
        jne     2f
        movq    TOP_CURRENT(%rsp), %rax
        movq    V_INFO(%rax), %rax
        movzwl  (%rax), %eax            /* al: pending, ah: mask */
        testb   %al, %al
        jz      1f
        testb   %ah, %ah
        jz      3f
1:      jmp     4f
        patch_site 1b, PATCH_XPTI, xchgw %ax, %ax
        patch_site 1b, PATCH_STRETCH, xchgw %ax, %ax
7:      jmp     6f
        patch_site 7b, PATCH_STRETCH, xchgw %ax, %ax
        call    stretch_end
6:      jmp     4f
        patch_site 6b, PATCH_XPTI, xchgw %ax, %ax
        call    xpti_enter
        movq    %rax, %cr3
4:      .byte   0x0f, 0x1f, 0x80        /* nop, or verw data_selector(%rip) */
        .long   data_selector - 5f
5:      patch_site 4b, PATCH_VERW, .byte 0x0f, 0x00, 0x2d
        restore_all
        .globl  iret_to_guest
iret_to_guest:
        iretq
2:      call    work_run
        jmp     exit_to_guest
3:      call    bounce_event
        jmp     exit_to_guest

/* The end of boot: drop its frames, go where the first vCPU is picked. */
        .globl  enter_guests
enter_guests:
        orq     $(STACK_BYTES - 1), %rsp
        subq    $(STACK_TOP_SIZE - 1), %rsp
        jmp     exit_to_guest

        .section .rodata
data_selector:
        .short  SEL_HV_DS
