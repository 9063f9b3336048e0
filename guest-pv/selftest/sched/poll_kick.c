/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vCPU that polls without limit is woken by a port; events can move. */
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/smp.h>
#include <pv/test.h>
#include <pv/time.h>

#define ROUNDS 20

static evtchn_port_t kick;
static volatile unsigned int rounds;

static void poller(void *arg)
{
    struct sched_poll poll = { .nr_ports = 1 };

    (void)arg;
    set_xen_guest_handle(poll.ports, &kick);
    evtchn_set_mask(kick, true);
    while (rounds < ROUNDS) {
        hc_sched_op(SCHEDOP_poll, &poll);
        if (!evtchn_pending(kick))
            continue;
        evtchn_forget(kick);
        rounds++;
    }
}

static bool reached(void *arg) { return rounds >= *(unsigned int *)arg; }

TEST(poll_kick, "sched/poll-kick")
{
    if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
        test_skip("the domain has one vCPU");
    rounds = 0;
    kick = (evtchn_port_t)evtchn_bind_ipi(1);
    test_eq("start", smp_begin(1, poller, NULL), 0);
    for (unsigned int i = 1; i <= ROUNDS; i++) {
        evtchn_send(kick);
        if (!time_wait(reached, &i, 5 * SECOND)) {
            test_fail("no wake-up after %u rounds", rounds);
            break;
        }
    }
    test_ok("it ends", smp_end(1));
    evtchn_set_mask(kick, false);
    evtchn_close(kick);
}
