/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What some machines or command lines want on the way in; otherwise a short
 * jump each.  XPTI: in guest mode CR3 has a copy of the guest's L4 that lacks
 * most of our part, see cpu/xpti.c.
 */
#ifndef ENTRY_EXTRAS_H
#define ENTRY_EXTRAS_H

#include <x86/patch.h>

/* From the guest, rsp at stack_top.regs.  Clobbers rax. */
        .macro  xpti_entry
772:    jmp     773f
        patch_site 772b, PATCH_XPTI, 0x66, 0x90
        movq    TOP_HV_CR3(%rsp), %rax
        movq    %rax, %cr3
773:
        .endm

/* From the guest, after xpti_entry; see cpu/stretch.c.  Clobbers rax, rdx. */
        .macro  stretch_begin
772:    jmp     773f
        patch_site 772b, PATCH_STRETCH, 0x66, 0x90
        movq    R_RAX(%rsp), %rax
        movq    %rax, TOP_ENTERED_RAX(%rsp)
        rdtsc
        shlq    $32, %rdx
        orq     %rdx, %rax
        movq    %rax, TOP_ENTERED(%rsp)
773:
        .endm

/*
 * Anywhere on a stack of ours: was the copy still loaded, or loaded again
 * already?  What was in CR3 -> rbx.  Clobbers rax.
 */
        .macro  xpti_nested
772:    jmp     773f
        patch_site 772b, PATCH_XPTI, 0x66, 0x90
        movq    %cr3, %rbx
        movq    %rsp, %rax
        orq     $(STACK_BYTES - 1), %rax
        cmpq    TOP_GUEST_CR3 - (STACK_TOP_SIZE - 1)(%rax), %rbx
        jne     773f
        movq    TOP_HV_CR3 - (STACK_TOP_SIZE - 1)(%rax), %rax
        movq    %rax, %cr3
773:
        .endm

        .macro  xpti_nested_end
772:    jmp     773f
        patch_site 772b, PATCH_XPTI, 0x66, 0x90
        movq    %rbx, %cr3
773:
        .endm

#endif
