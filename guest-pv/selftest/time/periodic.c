/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The periodic timer. */
#include <xen/vcpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/test.h>
#include <pv/time.h>

static evtchn_port_t port;

static bool fired(void *times)
{
    return evtchn_count(port) >= *(unsigned int *)times;
}

TEST(periodic, "time/periodic")
{
    struct vcpu_set_periodic_timer arg = { .period_ns = 2 * MS };
    unsigned int times = 5, more = 1;
    struct vcpu_set_periodic_timer odd = { .period_ns = 1000 };

    port = (evtchn_port_t)evtchn_bind_virq(VIRQ_TIMER, 0);
    evtchn_forget(port);
    test_eq("start", hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &arg), 0);
    events_on();
    test_ok("it fires again and again", time_wait(fired, &times, 5 * SECOND));
    test_eq("stop", hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    evtchn_forget(port);
    test_ok("it fires no more", !time_wait(fired, &more, 20 * MS));
    events_off();
    evtchn_close(port);
    test_eq("too short", hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &odd),
            -XEN_EINVAL);
    odd.period_ns = ~0ull - 10 * SECOND;
    test_eq("a period that wraps",
            hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &odd), -XEN_EINVAL);
}
