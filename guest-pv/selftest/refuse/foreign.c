/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest and dom0's memory, ports and events. */
#include <xen/memory.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/test.h>

TEST(foreign, "refuse/foreign")
{
    struct evtchn_alloc_unbound alloc = { .dom = 0, .remote_dom = DOMID_SELF };
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = 0 };
    struct mmu_update req = { pte_maddr(&scratch_l1()[60]),
                              0x1000000ull | PTE_KERNEL_RO };
    xen_pfn_t frame = 0;
    domid_t dom0 = 0;

    if (pv_is_dom0())
        test_skip("dom0 itself");
    test_refused("map frames of dom0", hc_mmu_update(&req, 1, NULL, 0));
    test_ok("read-only firmware", hc_mmu_update(&req, 1, NULL, DOMID_IO) < 0);
    test_ok("its own entry with a frame of nobody's",
            mmu_write(&scratch_l1()[60], 0xfee00000ull | PTE_KERNEL_RO) < 0);
    test_eq("no entry", scratch_l1()[60], 0);
    test_eq("a port of dom0",
            hc_event_channel_op(EVTCHNOP_alloc_unbound, &alloc), -XEN_EPERM);
    set_xen_guest_handle(r.extent_start, &frame);
    test_ok("give away dom0's memory",
            hc_memory_op(XENMEM_decrease_reservation, &r) <= 0);
    test_eq("how much dom0 has",
            hc_memory_op(XENMEM_current_reservation, &dom0), -XEN_EPERM);
    test_eq("pin for dom0",
            hc_mmuext_op(&(struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE }, 1,
                         NULL, 0),
            -XEN_EPERM);
}
