/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benchmarks: from user mode to the kernel and back, seen by user mode. */
#include <xen/callback.h>
#include <pv/mm.h>
#include <pv/trap.h>
#include <pv/user.h>
#include "bench.h"

/* In the page table of the code, behind it. */
#define USER_UNMAPPED (USER_CODE + 0x100000)

static void begin(void)
{
    bench_callback(CALLBACKTYPE_syscall, bench_iret);
    bench_gate(TRAP_INT80, bench_iret);
    bench_gate(TRAP_PF, bench_pf_skip3);
}

static void end(void) { trap_init(); }

static uint64_t run(const char *code)
{
    struct cpu_user_regs regs;
    struct caught c;

    user_regs(&regs, code);
    regs.rdi = USER_UNMAPPED;
    user_run(&regs, 0, &c);
    bench_must("user mode ends with ud2", c.vector, TRAP_UD);
    return (uint32_t)c.regs.rax;
}

static uint64_t by_syscall(void) { return run(bench_user_syscall); }
static uint64_t by_int80(void) { return run(bench_user_int80); }
static uint64_t by_fault(void) { return run(bench_user_touch); }

static const struct row rows[] = {
    { "user_syscall_iret", .measure = by_syscall },
    { "user_int80_iret", .measure = by_int80 },
    { "user_pf_skip", .measure = by_fault },
};

GROUP(user, begin, end);
