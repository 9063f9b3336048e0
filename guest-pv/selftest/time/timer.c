/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-shot timers, by both hypercalls. */
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/test.h>
#include <pv/time.h>

static evtchn_port_t port;

static bool fired(void *count)
{
    return evtchn_count(port) >= *(uint64_t *)count;
}

static void one_shot(void)
{
    uint64_t one = 1, two = 2, at;

    evtchn_forget(port);
    at = time_ns() + 3 * MS;
    test_eq("set", timer_set(at, 0), 0);
    while (!evtchn_count(port) && time_ns() < at + 5 * SECOND)
        event_wait();
    events_on();
    test_ok("wakes a blocked vCPU", fired(&one));
    test_ok("not too early", time_ns() + MS / 10 >= at);
    test_eq("a time that is past", timer_set(time_ns() - 1, 0), 0);
    test_ok("fires at once", time_wait(fired, &two, 5 * SECOND));
    events_off();
}

static void flags_and_stop(void)
{
    uint64_t one = 1, at;
    long rc = timer_set(time_ns() - 1 * MS, VCPU_SSHOTTMR_future);

    /* The ABI lets the hypervisor ignore the flag, as Xen 4.17 does. */
    test_ok("past, and only if future", rc == 0 || rc == -XEN_ETIME);
    events_on();
    do { /* again if it took so long that it may fire */
        evtchn_forget(port);
        at = time_ns() + 5 * MS;
        timer_set(at, 0);
        test_eq("stop", timer_stop(), 0);
    } while (time_ns() >= at);
    test_ok("a stopped timer does not fire", !time_wait(fired, &one, 20 * MS));
    test_eq("stop twice", timer_stop(), 0);
    test_eq("set_timer_op", hc_set_timer_op(time_ns() + 2 * MS), 0);
    test_ok("fires", time_wait(fired, &one, 5 * SECOND));
    test_eq("set_timer_op for never", hc_set_timer_op(0), 0);
    events_off();
}

static void periodic(void)
{
    struct vcpu_set_periodic_timer arg = { .period_ns = 1000 };
    struct vcpu_set_singleshot_timer other = { .timeout_abs_ns = 1 };

    test_eq("stop the periodic timer",
            hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    test_eq("a period that is too short",
            hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &arg), -XEN_EINVAL);
    if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) >= 0)
        test_eq("another vCPU's timer",
                hc_vcpu_op(VCPUOP_set_singleshot_timer, 1, &other),
                -XEN_EINVAL);
}

TEST(timer, "time/timer")
{
    long rc = evtchn_bind_virq(VIRQ_TIMER, 0);

    test_ok("bind VIRQ_TIMER", rc > 0);
    port = (evtchn_port_t)rc;
    periodic();
    one_shot();
    flags_and_stop();
    evtchn_close(port);
}
