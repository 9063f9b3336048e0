/* SPDX-License-Identifier: GPL-2.0-or-later */
/* multicall: results, errors in the middle, arrays in odd places. */
#include <xen/memory.h>
#include <xen/version.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/string.h>
#include <pv/test.h>
#include <pv/user.h>

static void in_order(void)
{
    uint64_t *page = page_alloc();
    struct multicall_entry calls[] = {
        { .op = __HYPERVISOR_update_va_mapping,
          .args = { scratch_va(20), pte_of(page, PTE_KERNEL_RW) } },
        { .op = 999 },
        { .op = __HYPERVISOR_update_va_mapping, .args = { UNMAPPED, 0 } },
        { .op = __HYPERVISOR_multicall },
        { .op = __HYPERVISOR_xen_version, .args = { 0 } },
        { .op = __HYPERVISOR_update_va_mapping,
          .args = { scratch_va(20), 0, UVMF_INVLPG } },
    };

    for (unsigned int i = 0; i < 6; i++)
        calls[i].result = 0x5555;
    test_eq("six calls", hc_multicall(calls, 6), 0);
    test_eq("the first works", calls[0].result, 0);
    test_eq("unknown hypercall", calls[1].result, -XEN_ENOSYS);
    test_eq("an error", calls[2].result, -XEN_EINVAL);
    test_eq("one inside another", calls[3].result, -XEN_EINVAL);
    test_ok("the ones behind are done", calls[4].result > 0x40000);
    test_eq("and the last too", *pte_walk(scratch_va(20), 1), 0);
    page_free(page);
}

/* A change of mode would leave the rest of the list in other tables. */
static void no_iret(void)
{
    struct multicall_entry calls[] = {
        { .op = __HYPERVISOR_iret },
        { .op = __HYPERVISOR_xen_version, .args = { XENVER_version } },
    };

    test_eq("a list with iret", hc_multicall(calls, 2), 0);
    test_eq("iret is refused", calls[0].result, -XEN_EINVAL);
    test_ok("and the rest is done", calls[1].result > 0x40000);
}

static void user_array(void)
{
    struct multicall_entry *here = user_data(), *there = (void *)USER_DATA;
    domid_t *self = (domid_t *)((uint8_t *)user_data() + 1024);

    memset(here, 0, sizeof(*here));
    *self = DOMID_SELF;
    here->op = __HYPERVISOR_memory_op;
    here->args[0] = XENMEM_current_reservation;
    here->args[1] = USER_DATA + 1024;
    test_eq("an array in user memory", hc_multicall(there, 1), 0);
    test_ok("its result", here->result > 1000);
}

TEST(multicall, "ctl/multicall")
{
    in_order();
    no_iret();
    test_eq("no calls", hc_multicall(NULL, 0), 0);
    test_eq("calls that are not mapped", hc_multicall((void *)UNMAPPED, 1),
            -XEN_EFAULT);
    test_eq("calls inside the hypervisor", hc_multicall((void *)HV_ADDR, 1),
            -XEN_EFAULT);
    test_user_ready();
    user_array();
}
