/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exception frame: registers, selectors, flags and the event mask. */
#include <pv/evtchn.h>
#include <pv/insn.h>
#include <pv/cpu.h>
#include <pv/probe.h>
#include <pv/test.h>
#include <pv/trap.h>

static void registers(void)
{
    struct caught c;
    const struct cpu_user_regs *r = &c.regs;

    test_ok("ud2 traps", trap_catch(&c, probe_registers, NULL));
    test_eq("as #UD", c.vector, TRAP_UD);
    test_eq("rip is the instruction's", r->rip, (uintptr_t)probe_registers_ud2);
    test_eq("cs without RPL: from the kernel", r->cs, FLAT_KERNEL_CS & ~3);
    test_eq("ss", r->ss, FLAT_KERNEL_SS);
    test_eq("rax", r->rax, 0x0a0a);
    test_eq("rbx", r->rbx, 0x0b0b);
    test_eq("rcx", r->rcx, 0x0c0c);
    test_eq("rdx", r->rdx, 0x0d0d);
    test_eq("rsi", r->rsi, 0x5151);
    test_eq("rdi", r->rdi, 0xd1d1);
    test_eq("rbp", r->rbp, 0xb9b9);
    test_eq("r8", r->r8, 0x0808);
    test_eq("r9", r->r9, 0x0909);
    test_eq("r10", r->r10, 0x1010);
    test_eq("r11", r->r11, 0x1111);
    test_eq("r12", r->r12, 0x1212);
    test_eq("r13", r->r13, 0x1313);
    test_eq("r14", r->r14, 0x1414);
    test_eq("r15", r->r15, 0x1515);
    test_eq("IOPL is not shown", r->rflags & 0x3000, 0);
}

static bool skip_ud2(struct cpu_user_regs *regs)
{
    regs->rip += 2;
    return true;
}

static void event_mask(void)
{
    struct caught c;

    trap_catch(&c, probe_registers, NULL);
    test_eq("masked: saved mask", c.regs.saved_upcall_mask, 1);
    test_eq("masked: IF", c.regs.rflags & 0x200, 0);
    events_on();
    trap_catch(&c, probe_registers, NULL);
    test_eq("unmasked: saved mask", c.regs.saved_upcall_mask, 0);
    test_eq("unmasked: IF", c.regs.rflags & 0x200, 0x200);
    test_eq("the gate left the mask alone",
            cpu_self()->info->evtchn_upcall_mask, 0);
    events_off();
}

TEST(frame, "trap/frame")
{
    registers();
    trap_hook(TRAP_UD, skip_ud2);
    test_eq("registers changed by trap and iret", (uint64_t)probe_resume(), 0);
    trap_hook(TRAP_UD, NULL);
    event_mask();
}
