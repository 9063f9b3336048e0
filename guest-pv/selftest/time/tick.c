/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many timers in a row, on two vCPUs at a time: none is lost. */
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/smp.h>
#include <pv/test.h>
#include <pv/time.h>

#define TICKS 50

/* A hypervisor may fire timers together that are this close. */
#define SLOP (MS / 10)

static volatile unsigned int ticks[2];

static void tick(void *arg)
{
    struct cpu *cpu = cpu_self();
    evtchn_port_t port = (evtchn_port_t)evtchn_bind_virq(VIRQ_TIMER, cpu->id);

    (void)arg;
    evtchn_forget(port);
    for (unsigned int i = 0; i < TICKS; i++) {
        uint64_t before = evtchn_count(port), at = time_ns() + MS;

        timer_set(at, 0);
        /* An event more than was asked for does no harm to a kernel. */
        while (evtchn_count(port) == before || time_ns() + SLOP < at)
            event_wait();
        ticks[cpu->id]++;
    }
    evtchn_close(port);
}

TEST(tick, "time/tick")
{
    bool two = hc_vcpu_op(VCPUOP_is_up, 1, NULL) >= 0;

    ticks[0] = 0;
    ticks[1] = 0;
    hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    if (two)
        test_eq("start vCPU 1", smp_begin(1, tick, NULL), 0);
    tick(NULL);
    test_eq("ticks on vCPU 0", ticks[0], TICKS);
    if (two) {
        test_ok("vCPU 1 ends", smp_end(1));
        test_eq("ticks on vCPU 1", ticks[1], TICKS);
    }
}
