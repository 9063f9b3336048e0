/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set_trap_table: replacing, clearing, refusing. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/probe.h>
#include <pv/test.h>
#include <pv/trap.h>

TEST(table, "trap/table")
{
    struct trap_info bad[2] = { trap_table()[TRAP_UD], { 0 } };
    struct caught c = { 0 };

    bad[0].address = NON_CANONICAL;
    test_eq("handler that is not canonical", hc_set_trap_table(bad),
            -XEN_EINVAL);
    test_eq("table that is not mapped", hc_set_trap_table((void *)UNMAPPED),
            -XEN_EFAULT);
    test_eq("table inside the hypervisor", hc_set_trap_table((void *)HV_ADDR),
            -XEN_EFAULT);
    test_eq("clear all", hc_set_trap_table(NULL), 0);
    test_eq("set all", hc_set_trap_table(trap_table()), 0);
    test_ok("traps work again", trap_catch(&c, probe_registers, NULL));
}
