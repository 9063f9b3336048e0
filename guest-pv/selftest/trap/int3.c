/* SPDX-License-Identifier: GPL-2.0-or-later */
/* int3, into a gate that masks events and one that does not. */
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/test.h>
#include <pv/trap.h>

static unsigned int hits, mask_inside, mask_saved;

static bool count(struct cpu_user_regs *regs)
{
    hits++;
    mask_inside = cpu_self()->info->evtchn_upcall_mask;
    mask_saved = regs->saved_upcall_mask;
    return true;
}

static void set_gate(unsigned int flags)
{
    struct trap_info gate[2] = { trap_table()[TRAP_BP], { 0 } };

    gate[0].flags = (uint8_t)flags;
    test_eq("set one gate", hc_set_trap_table(gate), 0);
}

TEST(int3, "trap/int3")
{
    trap_hook(TRAP_BP, count);
    hits = 0;
    insn_int3();
    test_eq("int3 arrives once and returns", hits, 1);
    events_on();
    insn_int3();
    test_eq("gate without flag 4: mask inside", mask_inside, 0);
    set_gate(3 | 4);
    insn_int3();
    test_eq("gate with flag 4: mask inside", mask_inside, 1);
    test_eq("gate with flag 4: mask saved", mask_saved, 0);
    test_eq("iret restored the mask", cpu_self()->info->evtchn_upcall_mask, 0);
    events_off();
    set_gate(3);
    trap_hook(TRAP_BP, NULL);
    test_eq("three arrived", hits, 3);
}
