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

static long set_ldt(const void *base, unsigned int entries)
{
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT };

    op.arg1.linear_addr = (uintptr_t)base;
    op.arg2.nr_ents = entries;
    return hc_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Nobody has touched a new LDT before the return to user mode does. */
static void fresh_ldt(void)
{
    uint64_t *ldt = page_alloc();

    ldt[1] = CODE64;
    page_protect(ldt);
    test_eq("set the LDT", set_ldt(ldt, 2), 0);
    run(user_int80, 1 << 3 | 4 | 3);
    test_eq("code of the LDT: int 0x80", c.vector, TRAP_INT80);
    test_eq("cs", c.regs.cs, 1 << 3 | 4 | 3);
    test_eq("no LDT", set_ldt(NULL, 0), 0);
    run(user_int80, 1 << 3 | 4 | 3);
    test_ok("then its code is gone: #GP or failsafe",
            c.vector == TRAP_GP || c.vector == TRAP_FAILSAFE);
    page_unprotect(ldt);
    page_free(ldt);
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
    fresh_ldt();
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
