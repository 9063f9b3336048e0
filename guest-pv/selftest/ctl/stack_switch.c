/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_switch: where traps from user mode begin. */
#include <pv/hypercall.h>
#include <pv/test.h>

TEST(stack_switch, "ctl/stack-switch")
{
    uint64_t here = (uintptr_t)__builtin_frame_address(0);

    test_eq("set", hc_stack_switch(FLAT_KERNEL_SS, here), 0);
    test_eq("stack segment of the hypervisor", hc_stack_switch(0xe008, here),
            0);
    hc_stack_switch(FLAT_KERNEL_SS, here);
}
