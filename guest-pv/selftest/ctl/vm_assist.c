/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_assist and callback_op. */
#include <xen/callback.h>
#include <pv/hypercall.h>
#include <pv/test.h>
#include <pv/trap.h>

TEST(vm_assist, "ctl/vm-assist")
{
    struct callback_register bad = { .type = 99, .address = 0x1000 };

    test_eq("writable page tables",
            hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables),
            0);
    test_eq("PAE CR3",
            hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_pae_extended_cr3), 0);
    test_eq("unknown assist", hc_vm_assist(VMASST_CMD_enable, 31), -XEN_EINVAL);
    test_eq("unknown command", hc_vm_assist(9, 0), -XEN_ENOSYS);
    test_eq("unknown callback", hc_callback_op(CALLBACKOP_register, &bad),
            -XEN_ENOSYS);
    bad.type = CALLBACKTYPE_event;
    bad.address = NON_CANONICAL;
    test_eq("callback that is not canonical",
            hc_callback_op(CALLBACKOP_register, &bad), -XEN_EINVAL);
    test_eq("unknown callback command", hc_callback_op(9, &bad), -XEN_ENOSYS);
    test_eq("argument that is not mapped",
            hc_callback_op(CALLBACKOP_register, (void *)UNMAPPED), -XEN_EFAULT);
}
