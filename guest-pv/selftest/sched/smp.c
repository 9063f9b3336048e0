/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A second vCPU: bring it up, IPIs both ways, down, up again. */
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/smp.h>
#include <pv/test.h>
#include <pv/time.h>

#define ROUNDS 20

static struct vcpu_guest_context context;
static volatile unsigned int ran, id_there;
static evtchn_port_t ping, pong; /* to vCPU 1, to vCPU 0 */

static void mark(void *arg)
{
    ran = *(unsigned int *)arg;
    id_there = cpu_self()->id;
}

static bool served(void *want)
{
    evtchn_port_t port = cpu_self()->id ? ping : pong;

    return evtchn_count(port) >= *(unsigned int *)want;
}

static void answer(void *arg)
{
    unsigned int *rounds = arg;

    events_on();
    for (unsigned int i = 1; i <= *rounds; i++) {
        if (time_wait(served, &i, 5 * SECOND))
            evtchn_send(pong);
    }
    events_off();
}

static void refusals(void)
{
    smp_context(&context, 1);
    context.ctrlreg[3] = xen_pfn_to_cr3(mfn_of(scratch_l1()));
    test_eq("initialise with an L1 as its L4",
            hc_vcpu_op(VCPUOP_initialise, 1, &context), -XEN_EINVAL);
    test_eq("up before it is initialised", hc_vcpu_op(VCPUOP_up, 1, NULL),
            -XEN_EINVAL);
}

static void ipis(void)
{
    unsigned int rounds = ROUNDS, i;

    ping = (evtchn_port_t)evtchn_bind_ipi(1);
    pong = (evtchn_port_t)evtchn_bind_ipi(0);
    evtchn_forget(ping);
    evtchn_forget(pong);
    test_eq("up again", smp_begin(1, answer, &rounds), 0);
    test_eq("up twice is no error", hc_vcpu_op(VCPUOP_up, 1, NULL), 0);
    test_eq("initialise while it is up",
            hc_vcpu_op(VCPUOP_initialise, 1, &context), -XEN_EEXIST);
    events_on();
    for (i = 1; i <= rounds; i++) {
        evtchn_send(ping);
        if (!time_wait(served, &i, 5 * SECOND))
            break;
    }
    events_off();
    test_eq("answers of vCPU 1", evtchn_count(pong), rounds);
    test_eq("served there", evtchn_cpu(ping), 1);
    test_eq("served here", evtchn_cpu(pong), 0);
    test_ok("it goes down", smp_end(1));
    evtchn_close(ping);
    evtchn_close(pong);
}

TEST(smp, "sched/smp")
{
    unsigned int mark_value = 17;
    long rc = hc_vcpu_op(VCPUOP_is_up, 1, NULL);

    if (rc == -XEN_ENOENT)
        test_skip("the domain has one vCPU");
    test_eq("vCPU 1 is down", (uint64_t)rc, 0);
    refusals();
    rc = smp_begin(1, mark, &mark_value);
    test_eq("bring it up", (uint64_t)rc, 0);
    if (rc)
        return;
    test_ok("it goes down by itself", smp_end(1));
    test_eq("it ran", ran, 17);
    test_eq("as vCPU 1", id_there, 1);
    ipis();
}
