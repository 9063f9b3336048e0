/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first instruction.  The domain builder enters with rsi = start_info,
 * rsp = top of a page of its own, events masked.  We leave that stack for
 * one that is large enough:
 *
 *      boot_stack                      boot_stack_top
 *      | struct cpu | ... 32 KiB .... | <- rsp when guest_main() is called
 */
        .text
        .globl  _start
_start:
        cld
        lea     boot_stack_top(%rip), %rsp
        xor     %ebp, %ebp
        mov     %rsi, %rdi
        call    guest_main              # void guest_main(start_info *)
        ud2                             # it does not return

        .bss
        .p2align 15                     # cpu_self() lies at the low end
        .globl  boot_stack, boot_stack_top
boot_stack:
        .skip   32768
boot_stack_top:

        .section .note.GNU-stack, "", @progbits
