/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the boot loader to C: multiboot 1 and 2 headers, PVH, early
 * page tables,
 * long mode.
 *
 * TOUR 1.1: a loader enters at `start' in 32-bit protected mode without
 * paging, with its magic number in eax and the address of its information
 * in ebx.  The first four gibibytes are mapped twice by the same tables: at
 * 0 (where we run now) and at DIRECT_BASE (where RAM will stay mapped).  The
 * image is mapped at IMAGE_BASE, wherever a loader that can relocate it
 * (multiboot 2) put it: ebp is its distance from where it was linked.
 */
#include <hv/layout.h>
#include "offsets.h"
#include <x86/msr.h>
#include <x86/regs.h>
#include <xen/elfnote.h>

#define PHYS(sym) ((sym) - IMAGE_BASE)
#define SLOT(va) (((va) >> 39) & 511)

#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 3 /* modules page-aligned; memory map wanted */
#define MB2_MAGIC 0xe85250d6
#define MB2_OPTIONAL 1
#define LARGE_PAGE 0x200000
#define XEN_HVM_START_MAGIC_VALUE 0x336ec578

        .section .boot.header, "ax", @progbits
        .code32
        .p2align 3
        .long   MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)

        .p2align 3
mb2:    .long   MB2_MAGIC, 0, mb2_end - mb2
        .long   -(MB2_MAGIC + (mb2_end - mb2))
        .short  1, MB2_OPTIONAL /* information request: */
        .long   8 + 4 * 8
        .long   1, 3, 6, 8      /* command line, modules, memory map, screen */
        .long   12, 14, 15, 17  /* EFI system table, RSDPs, EFI's map */
        .p2align 3
        .short  6, MB2_OPTIONAL /* modules page-aligned */
        .long   8
        .p2align 3
        .short  4, MB2_OPTIONAL /* screen: a VGA text mode will do, */
        .long   12
        .long   2
        .p2align 3
        .short  5, MB2_OPTIONAL /* a framebuffer of any size as well */
        .long   20
        .long   0, 0, 0
        .p2align 3
        .short  10, MB2_OPTIONAL /* relocatable: */
        .long   24
        .long   LARGE_PAGE, 0x7fffffff, LARGE_PAGE
        .long   1               /* as low as possible */
        .p2align 3
        .short  0, 0
        .long   8
mb2_end:

/* For loaders of PVH kernels: the same state, the magic number is implied. */
        .pushsection .note.Xen, "a", @note
        .p2align 2
        .long   4, 8, XEN_ELFNOTE_PHYS32_ENTRY
        .asciz  "Xen"
        .quad   PHYS(start_pvh)
        .popsection

        .text
        .globl start
start_pvh:
        movl    $XEN_HVM_START_MAGIC_VALUE, %eax
start:
        cli
        cld
        movl    %eax, %esi              /* magic, survives to hv_main() */
        movl    %ebx, %edi              /* information */

        /* The loader's data lend their second word to the first call. */
        movl    4(%ebx), %ecx
        leal    8(%ebx), %esp
        call    1f
1:      popl    %ebp
        movl    %ecx, 4(%ebx)
        subl    $PHYS(1b), %ebp
        leal    PHYS(boot_stack_end)(%ebp), %esp

        movl    $0x80000001, %eax
        cpuid
        btl     $29, %edx               /* long mode */
        jnc     no_long_mode

        /* L2 tables: 4 x 512 entries of 2 MiB, then 512 of the image. */
        leal    PHYS(boot_l2)(%ebp), %ebx
        movl    $0x83, %eax             /* P, RW, PSE */
        movl    $2560, %ecx
1:      cmpl    $512, %ecx
        jne     2f
        leal    0x83(%ebp), %eax
2:      movl    %eax, (%ebx)
        addl    $LARGE_PAGE, %eax
        addl    $8, %ebx
        loop    1b

        leal    PHYS(boot_l3)(%ebp), %ebx
        leal    PHYS(boot_l2) + 3(%ebp), %eax
        movl    $4, %ecx
1:      movl    %eax, (%ebx)
        addl    $4096, %eax
        addl    $8, %ebx
        loop    1b
        movl    %eax, PHYS(boot_l3_image)(%ebp)

        leal    PHYS(boot_l4)(%ebp), %ebx
        leal    PHYS(boot_l3) + 3(%ebp), %eax
        movl    %eax, (%ebx)
        movl    %eax, 8 * SLOT(DIRECT_BASE)(%ebx)
        leal    PHYS(boot_l3_image) + 3(%ebp), %eax
        movl    %eax, 8 * SLOT(IMAGE_BASE)(%ebx)
        movl    %ebp, PHYS(image_offset)(%ebp)
        movl    %ebp, PHYS(trampoline_image)(%ebp)
        movl    $PHYS(start64), %ecx

/*
 * Paging and long mode on, with our first page tables; also for the start of
 * other CPUs (trampoline.S).  ebp: image_offset; ecx: the 64-bit code to go
 * to, as linked.  Keeps esi and edi.
 */
        .globl  long_mode_on
long_mode_on:
        pushl   %ecx
        leal    PHYS(boot_l4)(%ebp), %eax
        movl    %eax, %cr3

        movl    $(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
        movl    %eax, %cr4

        movl    $0x80000001, %eax
        cpuid
        movl    %edx, %ebx
        movl    $MSR_EFER, %ecx
        rdmsr
        orl     $(EFER_SCE | EFER_LME), %eax
        btl     $20, %ebx               /* NX */
        jnc     1f
        orl     $EFER_NXE, %eax
1:      wrmsr

        movl    $(CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
        movl    %eax, %cr0
        popl    %ecx
        addl    %ebp, %ecx
        leal    PHYS(boot_gdt)(%ebp), %eax
        pushl   %eax
        pushw   $(boot_gdt_end - boot_gdt - 1)
        lgdt    (%esp)
        pushl   $8
        pushl   %ecx
        lret

no_long_mode:
        movl    $0xb8000, %edi          /* "64?" on a text screen */
        movl    $0x07340736, %eax
        movl    %eax, (%edi)
1:      hlt
        jmp     1b

        .code64
start64:
        movabsq $1f, %rax
        jmp     *%rax
1:      xorl    %eax, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        leaq    boot_stack_end(%rip), %rsp
        subq    $STACK_TOP_SIZE, %rsp
        andq    $-16, %rsp
        xchgl   %edi, %esi              /* hv_main(magic, info) */
        xorl    %ebp, %ebp
        call    hv_main
        ud2

        .section .rodata
        .p2align 3
boot_gdt:
        .quad   0
        .quad   0x00af9b000000ffff
boot_gdt_end:

        .section .bss.stack, "aw", @nobits
        .globl  boot_stack, boot_stack_end
boot_stack:
        .skip   32768
boot_stack_end:

        .section .bss.page, "aw", @nobits
        .globl  boot_l4
boot_l4: .skip  4096
boot_l3: .skip  4096
boot_l3_image: .skip 4096
boot_l2: .skip  5 * 4096
