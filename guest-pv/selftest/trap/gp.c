/* SPDX-License-Identifier: GPL-2.0-or-later */
/* General protection: what a kernel may not execute. */
#include <pv/insn.h>
#include <pv/test.h>
#include <pv/trap.h>

static void halt(void *arg)
{
    (void)arg;
    insn_hlt();
}

static void interrupt(void *arg)
{
    (void)arg;
    insn_int_0x81();
}

static void task_priority(void *arg)
{
    (void)arg;
    insn_write_cr8(0);
}

static void bad_selector(void *arg) { insn_load_ds((uint16_t)(uintptr_t)arg); }

TEST(gp, "trap/gp")
{
    struct caught c = { 0 };

    test_ok("hlt", trap_catch(&c, halt, NULL));
    test_eq("is #GP", c.vector, TRAP_GP);
    test_ok("mov to cr8", trap_catch(&c, task_priority, NULL));
    test_eq("is #GP", c.vector, TRAP_GP);
    test_ok("int 0x81, which has no gate", trap_catch(&c, interrupt, NULL));
    test_eq("is #GP", c.vector, TRAP_GP);
    test_ok("a selector beyond the GDT",
            trap_catch(&c, bad_selector, (void *)0xfff0));
    test_eq("is #GP", c.vector, TRAP_GP);
    test_eq("error code is the selector", c.error, 0xfff0);
    test_ok("a selector without a descriptor",
            trap_catch(&c, bad_selector, (void *)0x1000));
    test_eq("is #GP", c.vector, TRAP_GP);
    test_eq("error code is the selector", c.error, 0x1000);
}
