/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two ports of the same domain: both ways, states, closing. */
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/test.h>

static struct evtchn_status status_of(evtchn_port_t port)
{
    struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

    test_eq("status", (uint64_t)hc_event_channel_op(EVTCHNOP_status, &s), 0);
    return s;
}

static void both_ways(evtchn_port_t a, evtchn_port_t b)
{
    evtchn_forget(a);
    evtchn_forget(b);
    evtchn_unmask(a);
    evtchn_unmask(b);
    events_on();
    test_eq("send from a", evtchn_send(a), 0);
    test_eq("arrives at b", evtchn_count(b), 1);
    test_eq("and not at a", evtchn_count(a), 0);
    test_eq("send from b", evtchn_send(b), 0);
    test_eq("arrives at a", evtchn_count(a), 1);
    events_off();
}

TEST(loopback, "evtchn/loopback")
{
    long a = evtchn_alloc(DOMID_SELF), b;
    struct evtchn_status s;

    if (a < 0) {
        test_fail("alloc_unbound: %ld", a);
        return;
    }
    s = status_of((evtchn_port_t)a);
    test_eq("a is unbound", s.status, EVTCHNSTAT_unbound);
    test_eq("sending to nobody", evtchn_send((evtchn_port_t)a), 0);
    b = evtchn_bind_local((evtchn_port_t)a);
    test_ok("bind_interdomain", b > 0 && b != a);
    s = status_of((evtchn_port_t)b);
    test_eq("b is bound", s.status, EVTCHNSTAT_interdomain);
    test_eq("to a", s.u.interdomain.port, (uint64_t)a);
    test_eq("of this domain", s.u.interdomain.dom, test_own_domid());
    test_eq("a cannot be bound twice", evtchn_bind_local((evtchn_port_t)a),
            -XEN_EINVAL);
    both_ways((evtchn_port_t)a, (evtchn_port_t)b);
    test_eq("close b", evtchn_close((evtchn_port_t)b), 0);
    s = status_of((evtchn_port_t)b);
    test_eq("b is closed", s.status, EVTCHNSTAT_closed);
    s = status_of((evtchn_port_t)a);
    test_eq("a is unbound again", s.status, EVTCHNSTAT_unbound);
    test_eq("close a", evtchn_close((evtchn_port_t)a), 0);
    test_eq("close a twice", evtchn_close((evtchn_port_t)a), -XEN_EINVAL);
}
