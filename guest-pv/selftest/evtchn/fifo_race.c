/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two vCPUs send to each other while ports move, are masked and change their
 * priority: no event is lost.  Then the same with noise in the words: nothing
 * is promised to this guest, but the hypervisor lives.
 */
#include <xen/vcpu.h>
#include <pv/evtchn.h>
#include <pv/fifo.h>
#include <pv/hypercall.h>
#include <pv/smp.h>
#include <pv/test.h>
#include <pv/time.h>

#define PAIRS 6
#define ROUNDS 1500

static evtchn_port_t from[PAIRS], to[PAIRS];
static volatile bool stop, noise;
static uint32_t seed = 12345;

static uint32_t random(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

/* The other vCPU: serves what comes to it, and is restless. */
static void mover(void *arg)
{
    (void)arg;
    events_on();
    while (!stop) {
        evtchn_port_t p = to[random() % PAIRS];
        struct evtchn_bind_vcpu move = { .port = p, .vcpu = random() & 1 };
        struct evtchn_set_priority set = { .port = p,
                                           .priority = random() & 15 };

        hc_event_channel_op(EVTCHNOP_bind_vcpu, &move);
        hc_event_channel_op(EVTCHNOP_set_priority, &set);
        evtchn_set_mask(p, true);
        evtchn_unmask(p);
        if (noise)
            *fifo_word(random() % FIFO_PORTS) = random() << 8 ^ random();
    }
    events_off();
}

static bool served(void *arg)
{
    unsigned int i = *(unsigned int *)arg;

    return evtchn_count(to[i]) > 0;
}

static void rounds(void)
{
    unsigned int lost = 0;

    events_on();
    for (unsigned int n = 0; n < ROUNDS && !lost; n++) {
        unsigned int i = n % PAIRS;

        evtchn_forget(to[i]);
        evtchn_send(from[i]);
        if (!time_wait(served, &i, 20 * SECOND))
            lost++;
    }
    events_off();
    test_eq("events lost", lost, 0);
}

static void with_noise(void)
{
    for (unsigned int n = 0; n < ROUNDS; n++) {
        evtchn_send(from[n % PAIRS]);
        fifo_block(n & 1)->ready = random();
        fifo_block(n & 1)->head[random() & 15] = random();
    }
}

static void with_other(const char *what, void (*fn)(void))
{
    stop = false;
    test_eq(what, smp_begin(1, mover, NULL), 0);
    fn();
    stop = true;
    test_ok("it ends", smp_end(1));
    fifo_clean();
}

TEST(fifo_race, "evtchn/fifo-race")
{
    if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
        test_skip("the domain has one vCPU");
    test_eq("take it into use", fifo_begin(), 0);
    if (!fifo_active())
        return;
    fifo_clean();
    for (unsigned int i = 0; i < PAIRS; i++) {
        to[i] = (evtchn_port_t)evtchn_alloc(DOMID_SELF);
        from[i] = (evtchn_port_t)evtchn_bind_local(to[i]);
    }
    noise = false;
    with_other("without noise", rounds);
    noise = true;
    with_other("with noise", with_noise);
    for (unsigned int i = 0; i < PAIRS; i++) {
        test_eq("close", evtchn_close(from[i]), 0);
        test_eq("close", evtchn_close(to[i]), 0);
    }
    fifo_clean();
    fifo_end();
}
