/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port I/O, cli and sti, before and after the kernel takes IOPL 1. */
#include <xen/physdev.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/start.h>
#include <pv/test.h>
#include <pv/trap.h>

#define PORT_PIC 0x21 /* kept by the hypervisor */
#define PORT_KBD 0x64 /* given to the initial domain */

static void read_port(void *port) { (void)insn_in8((uint16_t)(uintptr_t)port); }

static long set_iopl(uint32_t iopl)
{
    struct physdev_set_iopl arg = { .iopl = iopl };

    return hc_physdev_op(PHYSDEVOP_set_iopl, &arg);
}

TEST(io, "trap/io")
{
    struct caught c = { 0 };

    test_eq("IOPL 4", set_iopl(4), -XEN_EINVAL);
    test_eq("IOPL 1", set_iopl(1), 0);
    test_eq("a port of the hypervisor reads all ones", insn_in8(PORT_PIC),
            0xff);
    insn_out8(PORT_PIC, 0xaa);
    if (pv_is_dom0())
        test_ok("the keyboard's status", insn_in8(PORT_KBD) != 0xff);
    else
        test_eq("no keyboard", insn_in8(PORT_KBD), 0xff);
    events_on();
    insn_cli();
    test_eq("cli masks nothing", cpu_self()->info->evtchn_upcall_mask, 0);
    insn_sti();
    events_off();
    test_eq("IOPL 0", set_iopl(0), 0);
    test_ok("a port without IOPL", trap_catch(&c, read_port, (void *)PORT_PIC));
    test_eq("is #GP", c.vector, TRAP_GP);
    set_iopl(1);
}
