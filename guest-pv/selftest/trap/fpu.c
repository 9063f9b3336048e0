/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fpu_taskswitch and #NM. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/test.h>
#include <pv/trap.h>

static unsigned int hits;

/* The first use of the FPU traps with TS clear already. */
static bool count(struct cpu_user_regs *regs)
{
    (void)regs;
    hits++;
    if (hits == 1)
        return true;
    hc_fpu_taskswitch(0);
    return true;
}

TEST(fpu, "trap/fpu")
{
    trap_hook(TRAP_NM, count);
    hits = 0;
    insn_fninit();
    test_eq("the FPU can be used", hits, 0);
    test_eq("set TS", hc_fpu_taskswitch(1), 0);
    test_ok("CR0 shows it", insn_read_cr0() & 8);
    insn_fninit();
    test_eq("the next use arrives, TS is clear by then", hits, 1);
    test_ok("CR0 shows it too", !(insn_read_cr0() & 8));
    insn_fninit();
    test_eq("and no use after that", hits, 1);
    hc_fpu_taskswitch(1);
    test_eq("clear TS", hc_fpu_taskswitch(0), 0);
    insn_fninit();
    test_eq("no use arrives", hits, 1);
    trap_hook(TRAP_NM, NULL);
}
