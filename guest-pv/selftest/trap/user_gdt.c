/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes with selectors of the guest's own GDT, 64-bit and 32-bit. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/user.h>

#define CODE32 0x00cffa000000ffffull
#define DATA 0x00cff2000000ffffull
#define CODE64 0x00affa000000ffffull

/* Entries and selectors as Linux has them. */
#define CS32 0x23
#define DS 0x2b
#define CS64 0x33

static struct cpu_user_regs regs;
static struct caught c;

static void run(const void *code, uint16_t cs)
{
    user_regs(&regs, code);
    regs.cs = cs;
    regs.ss = DS;
    regs.rax = 10;
    user_run(&regs, 0, &c);
}

TEST(user_gdt, "trap/user-gdt")
{
    uint64_t *gdt = page_alloc(), mfn = mfn_of(gdt);

    test_user_ready();
    gdt[CS32 >> 3] = CODE32;
    gdt[DS >> 3] = DATA;
    gdt[CS64 >> 3] = CODE64;
    page_protect(gdt);
    test_eq("set the GDT", hc_set_gdt(&mfn, 16), 0);
    run(user_int80, CS64);
    test_eq("64-bit: int 0x80", c.vector, TRAP_INT80);
    test_eq("cs", c.regs.cs, CS64);
    test_eq("ss", c.regs.ss, DS);
    run(user_syscall, CS64);
    test_eq("64-bit: syscall", c.vector, TRAP_SYSCALL);
    run(user_int80_32, CS32);
    test_eq("32-bit: int 0x80", c.vector, TRAP_INT80);
    test_eq("it was 32-bit code", c.regs.rax, 11);
    test_eq("cs", c.regs.cs, CS32);
    run(user_syscall_32, CS32);
    /* Processors of Intel do not know it. */
    test_ok("32-bit: syscall or #UD",
            c.vector == TRAP_SYSCALL32 || c.vector == TRAP_UD);
    test_eq("rip", c.regs.rip,
            user_addr(user_syscall_32) + (c.vector == TRAP_UD ? 0 : 2));
    insn_load_fs(DS);
    run(user_int80, CS64);
    test_eq("fs keeps its selector", insn_read_fs(), DS);
    insn_load_fs(0);
    test_eq("no GDT", hc_set_gdt(&mfn, 0), 0);
    run(user_int80, CS64);
    test_ok("then its selectors are gone: #GP or failsafe",
            c.vector == TRAP_GP || c.vector == TRAP_FAILSAFE);
    test_eq("the page is free", page_unprotect(gdt), 0);
    page_free(gdt);
}
