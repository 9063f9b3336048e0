/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process of 32 bits: makes system calls by int $0x80 and by the way that
 * the kernel offers for this processor (SYSENTER or SYSCALL, in the vDSO), and
 * finds that both are the same kernel.
 *
 * Exit status: 0; 1 they differ, or a register was lost; 2 the kernel offers
 * no other way.
 */
        .code32
#define SYS_exit   1
#define SYS_write  4
#define SYS_getpid 20
#define AT_SYSINFO 32
#define ROUNDS     1000

        .text
        .globl  _start
_start:
        mov     (%esp), %eax            /* argc, argv, NULL, envp, NULL, auxv */
        lea     8(%esp,%eax,4), %esi
1:      lodsl
        test    %eax, %eax
        jnz     1b
2:      lodsl
        test    %eax, %eax
        jz      no_other
        mov     %eax, %edx
        lodsl
        cmp     $AT_SYSINFO, %edx
        jne     2b
        mov     %eax, sysinfo

        mov     $SYS_getpid, %eax
        int     $0x80
        mov     %eax, pid
        mov     $ROUNDS, %edi
3:      mov     $0x11223344, %ebx       /* a call keeps all but eax */
        mov     $0x55667788, %ecx
        mov     $0x12345678, %ebp
        mov     $SYS_getpid, %eax
        call    *sysinfo
        cmp     pid, %eax
        jne     differ
        cmp     $0x11223344, %ebx
        jne     differ
        cmp     $0x55667788, %ecx
        jne     differ
        cmp     $0x12345678, %ebp
        jne     differ
        dec     %edi
        jnz     3b

        mov     $1, %ebx
        mov     $first, %ecx
        mov     $first_len, %edx
        mov     $SYS_write, %eax
        int     $0x80
        cmp     $first_len, %eax
        jne     differ
        mov     $second, %ecx
        mov     $second_len, %edx
        mov     $SYS_write, %eax
        call    *sysinfo
        cmp     $second_len, %eax
        jne     differ
        xor     %ebx, %ebx
        jmp     end
differ:
        mov     $1, %ebx
        jmp     end
no_other:
        mov     $2, %ebx
end:
        mov     $SYS_exit, %eax
        int     $0x80

        .data
sysinfo:
        .long   0
pid:    .long   0
first:  .ascii  "int80 works\n"
        .set    first_len, . - first
second: .ascii  "vdso works\n"
        .set    second_len, . - second

        .section .note.GNU-stack, "", @progbits
