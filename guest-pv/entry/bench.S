/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handlers for benchmarks: the least that a handler can do before it returns
 * by the iret hypercall, so that what is measured is the hypervisor.  The
 * frames of entry and return stand in exception.S.
 */
        .macro  iret_hypercall          # rsp -> rip: push what it wants below
        push    $0
        push    %rcx
        push    %r11
        push    %rax
        mov     $23, %eax               # __HYPERVISOR_iret
        syscall
        ud2
        .endm

        .text
        .globl  bench_iret              # return at once
bench_iret:
        pop     %rcx
        pop     %r11
        iret_hypercall

        .globl  bench_iret_skip2        # ... behind an instruction of 2 bytes
bench_iret_skip2:
        pop     %rcx
        pop     %r11
        addq    $2, (%rsp)
        iret_hypercall

        .globl  bench_pf_skip3          # error code; 3 bytes
bench_pf_skip3:
        pop     %rcx
        pop     %r11
        add     $8, %rsp
        addq    $3, (%rsp)
        iret_hypercall

        .globl  bench_pf_map            # map bench_pte at rdi, try again
bench_pf_map:
        pop     %rcx
        pop     %r11
        mov     %rsi, (%rsp)            # in place of the error code
        push    %rdx
        push    %rcx
        push    %r11
        push    %rax
        mov     bench_pte(%rip), %rsi   # update_va_mapping(rdi, pte, 0)
        xor     %edx, %edx
        mov     $14, %eax
        syscall
        pop     %rax
        pop     %r11
        pop     %rcx
        pop     %rdx
        pop     %rsi
        iret_hypercall

/* Take the events of bench_port_mask on vCPU n; count if there was one. */
        .macro  event_stub n:req
        .globl  bench_event_\n
bench_event_\n:
        pop     %rcx
        pop     %r11
        push    %rax
        push    %rdx
        mov     pv_shared_info(%rip), %rax
        mov     bench_port_mask + 8 * \n(%rip), %rdx
        movb    $0, 64 * \n(%rax)       # evtchn_upcall_pending
        movq    $0, 64 * \n + 8(%rax)   # evtchn_pending_sel
        test    %rdx, 2048(%rax)        # evtchn_pending[0]
        jz      .Lnot_ours\n
        not     %rdx
        lock andq %rdx, 2048(%rax)
        incq    bench_upcalls + 8 * \n(%rip)
.Lnot_ours\n:
        pop     %rdx
        pop     %rax
        iret_hypercall
        .endm

        event_stub 0
        event_stub 1

        .globl  bench_vcpu_entry        # the first instructions of a vCPU
bench_vcpu_entry:
        rdtsc
        mov     %eax, bench_first_tsc(%rip)
        mov     %edx, bench_first_tsc + 4(%rip)
        jmp     bench_vcpu_main

/*
 * User mode: rax = cycles from here to here, then ud2.  rdi: an address that
 * nothing is mapped at.
 */
        .macro  user_measure name:req, insn:vararg
        .globl  \name
\name:
        lfence
        rdtsc
        mov     %eax, %r8d
        \insn
        lfence
        rdtsc
        sub     %r8d, %eax
        ud2
        .endm

        .section .user, "ax", @progbits
        user_measure bench_user_syscall, syscall
        user_measure bench_user_int80, int $0x80
        user_measure bench_user_touch, mov (%rdi), %rax

        .bss
        .p2align 3
        .globl  bench_pte, bench_first_tsc, bench_port_mask, bench_upcalls
bench_pte:
        .skip   8
bench_first_tsc:
        .skip   8
bench_port_mask:
        .skip   16
bench_upcalls:
        .skip   16

        .section .note.GNU-stack, "", @progbits
