/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code that runs in user mode.  The section is mapped at USER_CODE in the
 * user address space, so nothing here may name an address.  Registers come
 * from user_run(); each piece ends with a trap.
 */
        .section .user, "ax", @progbits
        .code64

        .globl  user_syscall            # system call rax
user_syscall:
        syscall
        ud2

        .globl  user_int80              # system call by a soft interrupt
user_int80:
        int     $0x80
        ud2

        .globl  user_read               # rax = *rdi
user_read:
        mov     (%rdi), %rax
        int     $0x80

        .globl  user_write              # *rdi = rax
user_write:
        mov     %rax, (%rdi)
        int     $0x80

        .globl  user_hlt                # a privileged instruction
user_hlt:
        hlt
        int     $0x80

        .globl  user_ud2
user_ud2:
        ud2

        .globl  user_int3
user_int3:
        int3
        int     $0x80

        .globl  user_gs                 # rax = gs:0
user_gs:
        mov     %gs:0, %rax
        int     $0x80

        .globl  user_fs                 # rax = fs:0
user_fs:
        mov     %fs:0, %rax
        int     $0x80

        .globl  user_cpuid              # the hypervisor's cpuid, leaf rax
user_cpuid:
        .byte   0x0f, 0x0b, 0x78, 0x65, 0x6e
        cpuid
        int     $0x80

        .globl  user_iopl               # al = port dx
user_iopl:
        in      %dx, %al
        int     $0x80

        .globl  user_jump               # go to rdi
user_jump:
        jmp     *%rdi

        .globl  user_int80_32           # 32-bit code: eax += 1, then trap
user_int80_32:
        .code32
        inc     %eax                    # a REX prefix in 64-bit mode
        int     $0x80

        .globl  user_syscall_32
user_syscall_32:
        syscall
        ud2
        .code64

        .section .note.GNU-stack, "", @progbits
