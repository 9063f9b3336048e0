/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that faults while the hypervisor hands it a fault: there is a
 * handler, but the stack for its frame is not mapped.  On a bare machine the
 * processor would shut down with a triple fault.
 */
#include <pv/console.h>
#include <pv/guest.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/printf.h>

static const struct trap_info table[] = {
    { .vector = 6, .cs = FLAT_KERNEL_CS, .address = 0x1000 },
    { .vector = 14, .cs = FLAT_KERNEL_CS, .address = 0x1000 },
    { 0 },
};

void guest_main(struct start_info *si)
{
    console_init(si);
    pv_printf("crash-triple: faulting without a stack\n");
    hc_set_trap_table(table);
    insn_fault_without_stack();
}
