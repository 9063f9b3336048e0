/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How another CPU gets from real mode to C.
 *
 * TOUR 1.3: cpu/smp.c copies the first part to a page below 1 MiB, where a
 * start-up interrupt lets the CPU begin.  It goes to protected mode and to
 * our image, then as the boot CPU does.  One CPU starts at a time.
 *
 *      ebx = address of the page; its end is the first stack
 */
#include <hv/layout.h>
#include "offsets.h"

#define PHYS(sym) ((sym) - IMAGE_BASE)
#define HERE(sym) ((sym) - trampoline)

        .section .rodata
        .globl  trampoline, trampoline_end
        .code16
trampoline:
        cli
        cld
        movw    %cs, %ax
        movw    %ax, %ds
        xorl    %ebx, %ebx
        movw    %ax, %bx
        shll    $4, %ebx
        leal    HERE(gdt)(%ebx), %eax
        movl    %eax, HERE(gdt_ptr) + 2
        lgdtl   HERE(gdt_ptr)
        movl    $1, %eax                /* CR0.PE */
        movl    %eax, %cr0
        movl    HERE(trampoline_image), %ebp
        leal    PHYS(start_other)(%ebp), %eax
        movl    %eax, HERE(far_ptr)
        ljmpl   *HERE(far_ptr)

        .p2align 3
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      /* 32-bit code */
        .quad   0x00cf93000000ffff      /* data */
gdt_ptr:
        .short  gdt_ptr - gdt - 1
        .long   0
far_ptr:
        .long   0
        .short  8
        .globl  trampoline_image
trampoline_image:
        .long   0                       /* image_offset, by head.S */
trampoline_end:

        .text
        .code32
start_other:
        movl    $16, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        leal    4096(%ebx), %esp
        movl    $PHYS(start_other64), %ecx
        jmp     long_mode_on

        .code64
start_other64:
        movabsq $1f, %rax
        jmp     *%rax
1:      xorl    %eax, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        movq    idle_pgd(%rip), %rax    /* the first tables know 4 GiB only */
        shlq    $12, %rax
        movq    %rax, %cr3
        movq    start_stack(%rip), %rsp
        xorl    %ebp, %ebp
        call    start_here
        ud2
