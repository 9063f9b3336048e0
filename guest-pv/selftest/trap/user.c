/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User mode: how it is left, and what the kernel sees of it. */
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/user.h>

static struct cpu_user_regs regs;
static struct caught c;

static void run(const void *code)
{
    user_regs(&regs, code);
    user_run(&regs, 0, &c);
}

static void run_at(const void *code, uint64_t rdi)
{
    user_regs(&regs, code);
    regs.rdi = rdi;
    user_run(&regs, 0, &c);
}

static void system_calls(void)
{
    user_regs(&regs, user_syscall);
    regs.rax = 39;
    regs.rdi = 1;
    regs.r10 = 4;
    regs.r15 = 15;
    user_run(&regs, 0, &c);
    test_eq("syscall arrives", c.vector, TRAP_SYSCALL);
    test_eq("rip is behind it", c.regs.rip, user_addr(user_syscall) + 2);
    test_eq("rcx is rip", c.regs.rcx, c.regs.rip);
    test_eq("rax", c.regs.rax, 39);
    test_eq("rdi", c.regs.rdi, 1);
    test_eq("r10", c.regs.r10, 4);
    test_eq("r15", c.regs.r15, 15);
    test_eq("rsp", c.regs.rsp, USER_STACK_TOP);
    test_eq("events were unmasked", c.regs.saved_upcall_mask, 0);
    test_ok("IF is set", c.regs.rflags & 0x200);
    run(user_int80);
    test_eq("int 0x80 arrives", c.vector, TRAP_INT80);
    test_eq("rip is behind it", c.regs.rip, user_addr(user_int80) + 2);
    test_eq("cs is the user's", c.regs.cs, USER_CS64);
    test_eq("ss is the user's", c.regs.ss, FLAT_USER_SS64);
}

/* The kernel may have no gate for it; then it is a fault like any other. */
static void int80_without_gate(void)
{
    struct trap_info all[40];
    unsigned int n = 0;

    for (const struct trap_info *t = trap_table(); t->address; t++)
        if (t->vector != TRAP_INT80)
            all[n++] = *t;
    all[n].address = 0;
    hc_set_trap_table(NULL);
    hc_set_trap_table(all);
    run(user_int80);
    test_eq("int 0x80 without a gate: #GP", c.vector, TRAP_GP);
    test_eq("it names the gate", c.error, 0x80 << 3 | 2);
    test_eq("rip", c.regs.rip, user_addr(user_int80));
    hc_set_trap_table(trap_table());
}

static void faults(void)
{
    run_at(user_read, USER_DATA + 0x100000);
    test_eq("read, not present: #PF", c.vector, TRAP_PF);
    test_eq("from user mode", c.error, 4);
    test_eq("cr2", c.cr2, USER_DATA + 0x100000);
    test_eq("rip", c.regs.rip, user_addr(user_read));
    run_at(user_write, USER_CODE);
    test_eq("write, read-only", c.error, 7);
    run_at(user_read, (uintptr_t)user_data());
    test_eq("read the kernel: #PF", c.vector, TRAP_PF);
    test_eq("it is not there", c.error, 4);
    run_at(user_read, HV_ADDR);
    test_eq("read the hypervisor: #PF", c.vector, TRAP_PF);
    test_ok("from user mode", c.error & 4);
    run_at(user_jump, USER_DATA);
    test_eq("execute data: #PF", c.vector, TRAP_PF);
    test_eq("as a fetch", c.error, 0x15);
    run_at(user_read, NON_CANONICAL);
    test_eq("read, not canonical: #GP", c.vector, TRAP_GP);
    run(user_hlt);
    test_eq("hlt: #GP", c.vector, TRAP_GP);
    run(user_ud2);
    test_eq("ud2: #UD", c.vector, TRAP_UD);
    run(user_int3);
    test_eq("int3: #BP", c.vector, TRAP_BP);
    run(user_iopl);
    test_eq("in: #GP", c.vector, TRAP_GP);
}

static void works(void)
{
    uint64_t *data = user_data();

    data[5] = 0x5555;
    run_at(user_read, USER_DATA + 40);
    test_eq("memory is read", c.regs.rax, 0x5555);
    user_regs(&regs, user_write);
    regs.rdi = USER_DATA + 48;
    regs.rax = 0x6666;
    user_run(&regs, 0, &c);
    test_eq("memory is written", data[6], 0x6666);
    user_regs(&regs, user_cpuid);
    regs.rax = 0x40000000;
    user_run(&regs, 0, &c);
    test_eq("the hypervisor's cpuid", c.regs.rbx, 0x566e6558);
    user_regs(&regs, user_syscall);
    regs.rax = 3;
    user_run(&regs, VGCF_in_syscall, &c);
    test_eq("entered as from a system call", c.vector, TRAP_SYSCALL);
    test_eq("rax", c.regs.rax, 3);
}

static void compat(void)
{
    user_regs(&regs, user_int80_32);
    regs.cs = USER_CS32;
    regs.ss = FLAT_USER_SS32;
    regs.rax = 41;
    user_run(&regs, 0, &c);
    test_eq("32-bit code: int 0x80 arrives", c.vector, TRAP_INT80);
    test_eq("it was 32-bit code", c.regs.rax, 42);
    test_eq("cs", c.regs.cs, USER_CS32);
}

static void bases(void)
{
    uint64_t *kernel = page_alloc(), *data = user_data();

    kernel[0] = 123;
    data[1] = 456;
    data[2] = 789;
    hc_set_segment_base(SEGBASE_GS_KERNEL, (uintptr_t)kernel);
    hc_set_segment_base(SEGBASE_GS_USER, USER_DATA + 8);
    hc_set_segment_base(SEGBASE_FS, USER_DATA + 16);
    run(user_gs);
    test_eq("gs of user mode", c.regs.rax, 456);
    test_eq("gs of the kernel after it", insn_gs0(), 123);
    run(user_fs);
    test_eq("fs of user mode", c.regs.rax, 789);
    run(user_gs);
    test_eq("gs of user mode, again", c.regs.rax, 456);
    hc_set_segment_base(SEGBASE_GS_KERNEL, 0);
    hc_set_segment_base(SEGBASE_GS_USER, 0);
    hc_set_segment_base(SEGBASE_FS, 0);
    page_free(kernel);
}

static void bad_returns(void)
{
    user_regs(&regs, user_ud2);
    regs.rip = NON_CANONICAL;
    user_run(&regs, 0, &c);
    test_ok("to an address that is not canonical: #GP or failsafe",
            c.vector == TRAP_GP || c.vector == TRAP_FAILSAFE);
    user_regs(&regs, user_ud2);
    regs.cs = 0x1003;
    user_run(&regs, 0, &c);
    test_ok("to a selector without a descriptor: #GP or failsafe",
            c.vector == TRAP_GP || c.vector == TRAP_FAILSAFE);
    run(user_ud2);
    test_eq("and user mode still works", c.vector, TRAP_UD);
}

TEST(user, "trap/user")
{
    test_user_ready();
    system_calls();
    int80_without_gate();
    faults();
    works();
    compat();
    bases();
    bad_returns();
}
