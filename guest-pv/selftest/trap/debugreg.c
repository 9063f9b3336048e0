/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug registers and single steps. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/test.h>
#include <pv/trap.h>

static volatile uint64_t watched;
static volatile unsigned int hits;
static uint64_t hit_dr6;

static bool count(struct cpu_user_regs *regs)
{
    hits++;
    hit_dr6 = (uint64_t)hc_get_debugreg(6);
    regs->rflags &= ~0x100ull; /* single steps end here */
    return true;
}

TEST(debugreg, "trap/debugreg")
{
    trap_hook(TRAP_DB, count);
    test_eq("DR0", hc_set_debugreg(0, (uintptr_t)&watched), 0);
    test_eq("DR0 reads back", (uint64_t)hc_get_debugreg(0),
            (uintptr_t)&watched);
    test_eq("an address that looks like an error", hc_set_debugreg(0, -85UL),
            0);
    test_eq("reads back", (uint64_t)hc_get_debugreg(0), -85UL);
    hc_set_debugreg(0, (uintptr_t)&watched);
    test_eq("an address of the hypervisor", hc_set_debugreg(1, HV_ADDR),
            -XEN_EPERM);
    test_eq("general detect", hc_set_debugreg(7, 0x2000), -XEN_EPERM);
    test_eq("no such register", hc_set_debugreg(8, 0), -XEN_ENODEV);
    test_eq("write breakpoint, 8 bytes",
            hc_set_debugreg(7, 1 | 0x1ull << 16 | 0x2ull << 18), 0);
    hits = 0;
    watched = 1;
    test_eq("arrives", hits, 1);
    test_eq("DR6 says which", hit_dr6 & 0xf, 1);
    test_eq("off", hc_set_debugreg(7, 0), 0);
    watched = 2;
    test_eq("arrives no more", hits, 1);
    hc_set_debugreg(6, 0);
    insn_single_step();
    test_eq("a single step arrives", hits, 2);
    test_ok("DR6 says so", hit_dr6 & 0x4000);
    hc_set_debugreg(0, 0);
    trap_hook(TRAP_DB, NULL);
}
