/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The FIFO ABI: order, priorities, masks, moves between vCPUs, closing. */
#include <xen/vcpu.h>
#include <pv/evtchn.h>
#include <pv/fifo.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/string.h>
#include <pv/test.h>

#define PORTS 8
#define P (1u << EVTCHN_FIFO_PENDING)
#define L (1u << EVTCHN_FIFO_LINKED)

static evtchn_port_t port[PORTS];

static long set_priority(evtchn_port_t p, uint32_t priority)
{
    struct evtchn_set_priority arg = { .port = p, .priority = priority };

    return hc_event_channel_op(EVTCHNOP_set_priority, &arg);
}

static void take_is(const char *what, evtchn_port_t want, unsigned int queue)
{
    unsigned int priority = 99;
    evtchn_port_t got = fifo_take(&priority);

    test_eq(what, got, want);
    if (want)
        test_eq("its queue", priority, queue);
    if (got)
        evtchn_forget(got);
}

static void order(void)
{
    for (unsigned int i = 0; i < PORTS; i++)
        test_eq("send", evtchn_send(port[i]), 0);
    for (unsigned int i = 0; i < PORTS; i++)
        take_is("in the order of sending", port[i], 7);
    take_is("and no more", 0, 0);
}

static void priorities(void)
{
    for (unsigned int i = 0; i < PORTS; i++) {
        test_eq("set_priority", set_priority(port[i], 15 - i), 0);
        evtchn_send(port[i]);
    }
    for (unsigned int i = PORTS; i-- > 0;)
        take_is("the highest first", port[i], 15 - i);
    take_is("and no more", 0, 0);
    test_eq("no such priority", set_priority(port[0], 16), -XEN_EINVAL);
    test_eq("nor that", set_priority(port[0], ~0u), -XEN_EINVAL);
    for (unsigned int i = 0; i < PORTS; i++)
        set_priority(port[i], EVTCHN_FIFO_PRIORITY_DEFAULT);
}

static void states(void)
{
    event_word_t *w = fifo_word(port[0]);

    evtchn_send(port[0]);
    test_eq("sent: pending and linked", *w, P | L);
    evtchn_send(port[0]);
    take_is("twice is once", port[0], 7);
    take_is("and no more", 0, 0);
    test_eq("nothing is left in the word", *w, 0);
    evtchn_set_mask(port[0], true);
    evtchn_send(port[0]);
    take_is("masked: not linked", 0, 0);
    test_ok("but pending", evtchn_pending(port[0]));
    test_eq("unmask", evtchn_unmask(port[0]), 0);
    take_is("links it", port[0], 7);
}

static void upcalls(void)
{
    evtchn_forget(port[1]);
    events_on();
    evtchn_send(port[1]);
    test_eq("an upcall serves it", evtchn_count(port[1]), 1);
    events_off();
}

/* Closed while it is in a queue: not given away before it is off. */
static void closing(void)
{
    evtchn_port_t old = port[0];
    long next;

    evtchn_send(old);
    test_eq("close", evtchn_close(old), 0);
    test_eq("it is not pending any more", *fifo_word(old) & P, 0);
    next = evtchn_bind_ipi(0);
    test_ok("another port is given", next > 0 && next != old);
    test_eq("the closed one is in the queue", fifo_take(NULL), old);
    port[0] = (evtchn_port_t)evtchn_bind_ipi(0);
    test_eq("now it is free", port[0], old);
    evtchn_close((evtchn_port_t)next);
}

/* Between the queues of two vCPUs; nothing of the old one is lost. */
static void moving(void)
{
    long a = evtchn_alloc(DOMID_SELF);
    long b = evtchn_bind_local((evtchn_port_t)a);
    struct evtchn_bind_vcpu move = { .port = (evtchn_port_t)a, .vcpu = 1 };

    if (a < 0 || b < 0 || !fifo_block(1))
        return;
    take_is("binding raises one", (evtchn_port_t)b, 7);
    evtchn_send((evtchn_port_t)b);
    take_is("a is the last of this queue", (evtchn_port_t)a, 7);
    test_eq("move a", hc_event_channel_op(EVTCHNOP_bind_vcpu, &move), 0);
    evtchn_send((evtchn_port_t)b);
    test_eq("a is in the other's queue", fifo_block(1)->head[7], (uint64_t)a);
    evtchn_send(port[0]);
    take_is("this one's goes on", port[0], 7);
    take_is("and ends", 0, 0);
    test_eq("nothing came behind a", *fifo_word((evtchn_port_t)a), P | L);
    *fifo_word((evtchn_port_t)a) = 0;
    memset(fifo_block(1), 0, sizeof(*fifo_block(1)));
    evtchn_close((evtchn_port_t)a);
    evtchn_close((evtchn_port_t)b);
}

TEST(fifo, "evtchn/fifo")
{
    test_eq("take it into use", fifo_begin(), 0);
    if (!fifo_active())
        return;
    fifo_clean();
    for (unsigned int i = 0; i < PORTS; i++)
        port[i] = (evtchn_port_t)evtchn_bind_ipi(0);
    order();
    priorities();
    states();
    upcalls();
    closing();
    moving();
    for (unsigned int i = 0; i < PORTS; i++)
        test_eq("close", evtchn_close(port[i]), 0);
    fifo_clean();
    fifo_end();
}
