/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual interrupts and IPIs: binding, status, errors. */
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/test.h>

static void status_is(evtchn_port_t port, unsigned int state)
{
    struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

    test_eq("status", (uint64_t)hc_event_channel_op(EVTCHNOP_status, &s), 0);
    test_eq("state", s.status, state);
    test_eq("vCPU", s.vcpu, 0);
    if (state == EVTCHNSTAT_virq)
        test_eq("VIRQ", s.u.virq, VIRQ_DEBUG);
}

TEST(virq, "evtchn/virq")
{
    long virq = evtchn_bind_virq(VIRQ_DEBUG, 0), ipi = evtchn_bind_ipi(0);
    struct evtchn_bind_vcpu move = { .port = (evtchn_port_t)ipi };

    test_ok("bind VIRQ_DEBUG", virq > 0);
    test_ok("bind an IPI", ipi > 0);
    status_is((evtchn_port_t)virq, EVTCHNSTAT_virq);
    status_is((evtchn_port_t)ipi, EVTCHNSTAT_ipi);
    test_eq("the same VIRQ again", evtchn_bind_virq(VIRQ_DEBUG, 0),
            -XEN_EEXIST);
    test_eq("no such VIRQ", evtchn_bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
    test_eq("a VIRQ of the machine, on vCPU 1",
            evtchn_bind_virq(VIRQ_CONSOLE, 1), -XEN_EINVAL);
    test_eq("no such vCPU", evtchn_bind_virq(VIRQ_TIMER, 8000), -XEN_ENOENT);
    test_eq("IPI to no such vCPU", evtchn_bind_ipi(8000), -XEN_ENOENT);
    test_eq("an IPI cannot move",
            hc_event_channel_op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
    test_eq("a VIRQ cannot be sent", evtchn_send((evtchn_port_t)virq),
            -XEN_EINVAL);
    evtchn_close((evtchn_port_t)virq);
    evtchn_close((evtchn_port_t)ipi);
    virq = evtchn_bind_virq(VIRQ_DEBUG, 0);
    test_ok("free again", virq > 0);
    evtchn_close((evtchn_port_t)virq);
}
