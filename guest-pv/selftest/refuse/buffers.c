/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arguments that are not memory of the guest: -EFAULT, and no harm. */
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>

static const uint64_t addresses[] = {
    UNMAPPED,
    HV_ADDR,
    NON_CANONICAL,
    HYPERVISOR_VIRT_START,
    0x10,
    0xffff82d040200000,
    0xfffffffffffffff8,
};

static void every_call(void *p)
{
    const struct {
        const char *why;
        long rc;
    } calls[] = {
        { "set_trap_table", p ? hc_set_trap_table(p) : 0 },
        { "mmu_update", hc_mmu_update(p, 1, NULL, DOMID_SELF) },
        { "set_gdt", hc_set_gdt(p, 512) },
        { "memory_op", hc_memory_op(XENMEM_machphys_mapping, p) },
        { "multicall", hc_multicall(p, 1) },
        { "xen_version", hc_xen_version(XENVER_capabilities, p) },
        { "grant_table_op", hc_grant_table_op(2, p, 1) },
        { "sched_op", hc_sched_op(SCHEDOP_shutdown, p) },
        { "callback_op", hc_callback_op(0, p) },
        { "event_channel_op", hc_event_channel_op(EVTCHNOP_send, p) },
        { "physdev_op", hc_physdev_op(6, p) },
        { "mmuext_op", hc_mmuext_op(p, 1, NULL, DOMID_SELF) },
        { "vcpu_op", hc_vcpu_op(VCPUOP_get_runstate_info, 0, p) },
    };

    for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (calls[i].rc != -XEN_EFAULT)
            test_fail("%s(%p): got %ld", calls[i].why, p, calls[i].rc);
    }
}

/* Written after the work was done: the first page is there, the next not. */
static void half_a_buffer(void)
{
    uint64_t va = scratch_va(30);
    void *page = page_alloc();

    hc_update_va_mapping(va, pte_of(page, PTE_KERNEL_RW), UVMF_INVLPG);
    test_eq("a buffer that ends in the middle",
            hc_xen_version(XENVER_capabilities, (void *)(va + 4000)),
            -XEN_EFAULT);
    hc_update_va_mapping(va, pte_of(page, PTE_KERNEL_RO), UVMF_INVLPG);
    test_eq("a buffer that is read-only",
            hc_xen_version(XENVER_capabilities, (void *)va), -XEN_EFAULT);
    hc_update_va_mapping(va, 0, UVMF_INVLPG);
    page_free(page);
}

TEST(buffers, "refuse/buffers")
{
    for (unsigned int i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
        every_call((void *)addresses[i]);
    half_a_buffer();
}
