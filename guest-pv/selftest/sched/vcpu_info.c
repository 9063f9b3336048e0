/* SPDX-License-Identifier: GPL-2.0-or-later */
/* register_vcpu_info: once, in a page of ours; no event is lost. */
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/time.h>

static long register_info(uint64_t mfn, uint32_t offset)
{
    struct vcpu_register_vcpu_info arg = { .mfn = mfn, .offset = offset };

    return hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &arg);
}

TEST(vcpu_info, "sched/vcpu-info")
{
    uint8_t *page = page_alloc();
    struct vcpu_info *info = (struct vcpu_info *)(page + 128);
    long port = evtchn_bind_ipi(0);
    uint64_t before;

    test_ok("across the page's end",
            register_info(mfn_of(page), PAGE_SIZE - 32) < 0);
    test_refused("PT-1: in a live page table",
                 register_info(mfn_of(scratch_l1()), 0));
    test_ok("in a frame that does not exist",
            register_info(0xfffffffff, 0) < 0);
    evtchn_forget((evtchn_port_t)port);
    evtchn_send((evtchn_port_t)port);
    before = time_ns();
    test_eq("register", register_info(mfn_of(page), 128), 0);
    cpu_self()->info = info;
    test_eq("mask is copied", info->evtchn_upcall_mask, 1);
    test_eq("pending is set", info->evtchn_upcall_pending, 1);
    test_eq("every selector bit is set", info->evtchn_pending_sel, ~0ull);
    test_ok("time goes on there", time_ns() >= before);
    events_on();
    test_eq("no event is lost", evtchn_count((evtchn_port_t)port), 1);
    evtchn_send((evtchn_port_t)port);
    test_eq("and the next one arrives there", evtchn_count((evtchn_port_t)port),
            2);
    events_off();
    test_eq("register twice", register_info(mfn_of(page), 128), -XEN_EINVAL);
    test_refused("PT-1: make a page table of the page",
                 page_protect(page)
                     ? -XEN_EINVAL
                     : mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page)));
    page_unprotect(page);
    evtchn_close((evtchn_port_t)port);
}
