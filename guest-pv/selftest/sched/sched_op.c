/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sched_op: yield, block, poll, and what is refused. */
#include <xen/sched.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/test.h>
#include <pv/time.h>

static long poll(evtchn_port_t *ports, unsigned int nr, uint64_t timeout)
{
    struct sched_poll arg = { .nr_ports = nr, .timeout = timeout };

    set_xen_guest_handle(arg.ports, ports);
    return hc_sched_op(SCHEDOP_poll, &arg);
}

static void blocks(evtchn_port_t port)
{
    evtchn_forget(port);
    evtchn_send(port);
    test_eq("block with an event pending", hc_sched_op(SCHEDOP_block, NULL), 0);
    test_eq("block has unmasked events", cpu_self()->info->evtchn_upcall_mask,
            0);
    test_eq("and the event was served", evtchn_count(port), 1);
    events_off();
}

static void polls(evtchn_port_t port)
{
    evtchn_port_t none = 1000000;
    unsigned int wakeups = 0;
    uint64_t until;

    evtchn_forget(port);
    evtchn_send(port);
    test_eq("poll with the port pending", poll(&port, 1, 0), 0);
    test_eq("poll serves nothing", evtchn_count(port), 0);
    test_eq("poll leaves the mask", cpu_self()->info->evtchn_upcall_mask, 1);
    events_on();
    events_off();
    until = time_ns() + 5 * MS;
    do { /* any other event, of the console say, ends it too */
        test_eq("poll with a limit", poll(&port, 1, until), 0);
    } while (time_ns() + MS / 10 < until && ++wakeups < 100);
    test_ok("waited that long", wakeups < 100);
    test_eq("poll with a limit that is past", poll(&port, 1, 1), 0);
    test_eq("poll for nothing with a limit", poll(NULL, 0, time_ns() + 1 * MS),
            0);
    test_eq("too many ports", poll(&port, 129, 1), -XEN_EINVAL);
    test_eq("no such port", poll(&none, 1, 1), -XEN_EINVAL);
    test_eq("ports that are not mapped", poll((void *)UNMAPPED, 1, 1),
            -XEN_EFAULT);
}

TEST(sched_op, "sched/sched-op")
{
    long port = evtchn_bind_ipi(0);

    test_ok("bind an IPI", port > 0);
    test_eq("yield", hc_sched_op(SCHEDOP_yield, NULL), 0);
    test_eq("yield, the ABI's first form",
            HC(sched_op_compat, SCHEDOP_yield, 0), 0);
    blocks((evtchn_port_t)port);
    polls((evtchn_port_t)port);
    test_eq("unknown command", hc_sched_op(99, NULL), -XEN_ENOSYS);
    test_eq("argument that is not mapped",
            hc_sched_op(SCHEDOP_poll, (void *)UNMAPPED), -XEN_EFAULT);
    evtchn_close((evtchn_port_t)port);
}
