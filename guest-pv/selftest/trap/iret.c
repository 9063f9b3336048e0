/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The iret hypercall, from kernel to kernel. */
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/insn.h>
#include <pv/string.h>
#include <pv/test.h>
#include <pv/trap.h>

static uint64_t new_rip, new_rflags;
static unsigned int mask_after;

static bool change_return(struct cpu_user_regs *regs)
{
    if (new_rip)
        regs->rip = new_rip;
    else
        regs->rip += 2;
    if (new_rflags)
        regs->rflags = new_rflags;
    return true;
}

static void trap_here(void *arg)
{
    (void)arg;
    insn_ud2();
}

/* The number by which the hypervisor asks itself to repeat a hypercall. */
#define REPEAT ((uint64_t)-85)

static unsigned int times;

static bool load_rax(struct cpu_user_regs *regs)
{
    regs->rax = times++ ? 0 : REPEAT;
    return change_return(regs);
}

static void values(void)
{
    struct caught c;

    times = 0;
    trap_hook(TRAP_UD, load_rax);
    test_ok("any number in rax", !trap_catch(&c, trap_here, NULL));
    test_eq("goes to where it shall, at once", times, 1);
    trap_hook(TRAP_UD, change_return);
}

static void masks(void)
{
    new_rip = 0;
    new_rflags = 0x202;
    insn_ud2();
    mask_after = cpu_self()->info->evtchn_upcall_mask;
    test_eq("IF set: events unmasked", mask_after, 0);
    new_rflags = 0x002;
    insn_ud2();
    mask_after = cpu_self()->info->evtchn_upcall_mask;
    test_eq("IF clear: events masked", mask_after, 1);
    new_rflags = 0x3002; /* IOPL 3 */
    insn_ud2();
    test_ok("IOPL is not taken over", !(insn_flags() & 0x3000));
    new_rflags = 0;
}

TEST(iret, "trap/iret")
{
    struct caught c;

    trap_hook(TRAP_UD, change_return);
    masks();
    values();
    new_rip = NON_CANONICAL;
    memset(&c, 0, sizeof(c));
    test_ok("to an address that is not canonical",
            trap_catch(&c, trap_here, NULL));
    test_ok("is #GP or the failsafe callback",
            c.vector == TRAP_GP || c.vector == TRAP_FAILSAFE);
    new_rip = UNMAPPED;
    test_ok("to an address that is not mapped",
            trap_catch(&c, trap_here, NULL));
    test_eq("is #PF", c.vector, TRAP_PF);
    test_eq("at that address", c.cr2, UNMAPPED);
    new_rip = 0;
    trap_hook(TRAP_UD, NULL);
}
