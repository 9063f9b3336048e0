/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Masks: of a port, and of all upcalls. */
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/test.h>

static void of_a_port(evtchn_port_t port)
{
    events_on();
    evtchn_set_mask(port, true);
    evtchn_send(port);
    test_eq("masked: not served", evtchn_count(port), 0);
    test_ok("masked: pending", evtchn_pending(port));
    test_eq("unmask", evtchn_unmask(port), 0);
    test_eq("unmasking delivers", evtchn_count(port), 1);
    test_ok("not pending any more", !evtchn_pending(port));
    test_eq("unmask again", evtchn_unmask(port), 0);
    test_eq("delivers nothing", evtchn_count(port), 1);
    events_off();
}

static void of_the_vcpu(evtchn_port_t port)
{
    struct vcpu_info *info = cpu_self()->info;
    uint64_t upcalls = cpu_self()->upcalls;

    evtchn_forget(port);
    evtchn_send(port);
    evtchn_send(port);
    test_eq("no upcall while masked", cpu_self()->upcalls, upcalls);
    test_eq("pending flag", info->evtchn_upcall_pending, 1);
    test_ok("selector bit", info->evtchn_pending_sel & (1ull << (port / 64)));
    test_ok("port bit", evtchn_pending(port));
    events_on();
    test_eq("one upcall", cpu_self()->upcalls, upcalls + 1);
    test_eq("two sends are one event", evtchn_count(port), 1);
    test_eq("mask as before", info->evtchn_upcall_mask, 0);
    events_off();
}

TEST(mask, "evtchn/mask")
{
    long rc = evtchn_bind_ipi(0);
    evtchn_port_t port = (evtchn_port_t)rc;

    if (rc < 0) {
        test_fail("bind_ipi: %ld", rc);
        return;
    }
    evtchn_forget(port);
    of_a_port(port);
    of_the_vcpu(port);
    test_eq("close", evtchn_close(port), 0);
}
