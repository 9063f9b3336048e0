/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handlers and return addresses inside the hypervisor: the guest's fault. */
#include <xen/callback.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/test.h>
#include <pv/trap.h>
#include <pv/user.h>

static evtchn_port_t port;

static void take_event(void *arg)
{
    (void)arg;
    evtchn_send(port);
    events_on();
}

static void event_callback(void)
{
    struct callback_register reg = {
        .type = CALLBACKTYPE_event,
        .flags = CALLBACKF_mask_events,
        .address = HV_ADDR,
    };
    struct caught c = { 0 };

    test_eq("register", hc_callback_op(CALLBACKOP_register, &reg), 0);
    test_ok("the event ends in a fault", trap_catch(&c, take_event, NULL));
    test_eq("#PF", c.vector, TRAP_PF);
    test_eq("at the callback", c.cr2, HV_ADDR);
    test_eq("of the guest's kernel", c.regs.cs & 3, 0);
    trap_init();
    events_off();
    evtchn_forget(port);
}

static bool go_there(struct cpu_user_regs *regs)
{
    regs->rip = HV_ADDR;
    return true;
}

static void trap_here(void *arg)
{
    (void)arg;
    insn_ud2();
}

static void iret(void)
{
    struct caught c = { 0 };

    trap_hook(TRAP_UD, go_there);
    test_ok("iret into the hypervisor", trap_catch(&c, trap_here, NULL));
    test_eq("#PF", c.vector, TRAP_PF);
    test_eq("there", c.cr2, HV_ADDR);
    trap_hook(TRAP_UD, NULL);
}

static void user(void)
{
    struct cpu_user_regs regs;
    struct caught c = { 0 };

    test_user_ready();
    user_regs(&regs, user_jump);
    regs.rdi = HV_ADDR;
    user_run(&regs, 0, &c);
    test_eq("a process that jumps there: #PF", c.vector, TRAP_PF);
    test_eq("from user mode", c.error & 0x14, 0x14);
    user_regs(&regs, user_jump);
    regs.rip = HV_ADDR;
    user_run(&regs, VGCF_in_syscall, &c);
    test_eq("a process that begins there: #PF", c.vector, TRAP_PF);
    test_eq("from user mode", c.error & 0x14, 0x14);
}

TEST(callback, "refuse/callback")
{
    port = (evtchn_port_t)evtchn_bind_ipi(0);
    event_callback();
    evtchn_close(port);
    iret();
    user();
}
