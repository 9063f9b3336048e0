/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benchmarks: events, polling, yielding, the one-shot timer. */
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/time.h>
#include <pv/trap.h>
#include "bench.h"

static struct evtchn_send send_arg;
static evtchn_port_t heard; /* where what is sent arrives */
static struct sched_poll poll_arg;
static uint64_t deadline;

static void begin(void)
{
    long port = evtchn_alloc(DOMID_SELF);
    long timer = evtchn_bind_virq(VIRQ_TIMER, 0);

    bench_must("VIRQ_TIMER", timer > 0, 1);
    send_arg.port = (evtchn_port_t)evtchn_bind_local((evtchn_port_t)port);
    heard = (evtchn_port_t)port;
    set_xen_guest_handle(poll_arg.ports, &heard);
    poll_arg.nr_ports = 1;
    poll_arg.timeout = 1;
    bench_port_mask[0] = 1ull << heard | 1ull << timer;
    bench_callback(CALLBACKTYPE_event, bench_event_0);
}

static void end(void) { bench_callback(CALLBACKTYPE_event, trap_stub_event); }

static void masked(void)
{
    evtchn_forget(heard);
    evtchn_set_mask(heard, true);
}

static void unmasked(void)
{
    evtchn_forget(heard);
    evtchn_set_mask(heard, false);
    cpu_self()->info->evtchn_upcall_mask = 0;
}

static void ready(void)
{
    masked();
    evtchn_send(send_arg.port);
}

static long send(void)
{
    return insn_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
                          (uintptr_t)&send_arg, 0, 0);
}

static long poll(void)
{
    return insn_hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll,
                          (uintptr_t)&poll_arg, 0, 0);
}

static long yield(void)
{
    return insn_hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
}

static long set_timer(void)
{
    return insn_hypercall(__HYPERVISOR_set_timer_op, deadline, 0, 0, 0);
}

static long block_until_past(void)
{
    set_timer();
    return insn_hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
}

static void disarmed(void)
{
    timer_stop();
    deadline = time_ns() + SECOND;
}

static void armed(void)
{
    timer_set(time_ns() + SECOND, 0);
    deadline = 0;
}

static void past(void)
{
    evtchn_forget(heard);
    deadline = time_ns() - MS;
}

static const struct row rows[] = {
    { "evtchn_send_masked", .op = send, .before = masked },
    { "evtchn_send_upcall_iret", .op = send, .before = unmasked,
      .after = events_off },
    { "sched_poll_ready", .op = poll, .before = ready },
    { "sched_yield", .op = yield },
    { "timer_arm", .op = set_timer, .before = disarmed },
    { "timer_stop", .op = set_timer, .before = armed },
    { "timer_past_block_upcall", .op = block_until_past, .before = past,
      .after = events_off },
};

GROUP(event, begin, end);
