/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event channels: by the two-level bit maps of shared_info, or by queues. */
#include <xen/sched.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/fifo.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/start.h>

#define BITS 64

static uint64_t counts[EVTCHN_COUNTED];
static unsigned int served_by[EVTCHN_COUNTED];

/*
 * Whose a port is: the vCPU's number plus 1; 0: whoever comes first.  A vCPU
 * that waits for its own event must not find it half served by another one:
 * it would block again, and nobody wakes it when the count rises.
 */
static unsigned int owner[EVTCHN_COUNTED];

static uint64_t bit(evtchn_port_t port) { return 1ull << (port % BITS); }

static void served(evtchn_port_t port)
{
    if (port >= EVTCHN_COUNTED)
        return;
    served_by[port] = cpu_self()->id;
    __atomic_fetch_add(&counts[port], 1, __ATOMIC_SEQ_CST);
}

/* Without what is for other vCPUs: they have been told, too. */
static uint64_t for_us(unsigned int word, uint64_t ready)
{
    unsigned int us = cpu_self()->id + 1;

    for (uint64_t left = ready; left; left &= left - 1) {
        evtchn_port_t port = word * BITS + (unsigned int)__builtin_ctzl(left);

        if (port < EVTCHN_COUNTED && owner[port] && owner[port] != us)
            ready &= ~bit(port);
    }
    return ready;
}

static void serve_bits(struct vcpu_info *info)
{
    struct shared_info *s = pv_shared_info;
    uint64_t sel =
        __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);

    for (unsigned int word = 0; word < BITS; word++) {
        uint64_t ready;

        if (!(sel & (1ull << word)))
            continue;
        ready = __atomic_load_n(&s->evtchn_pending[word], __ATOMIC_SEQ_CST) &
                ~__atomic_load_n(&s->evtchn_mask[word], __ATOMIC_SEQ_CST);
        ready = for_us(word, ready);
        __atomic_fetch_and(&s->evtchn_pending[word], ~ready, __ATOMIC_SEQ_CST);
        for (; ready; ready &= ready - 1)
            served(word * BITS + (unsigned int)__builtin_ctzl(ready));
    }
}

/*
 * A selector bit that was lit before the queues were in use goes with the
 * upcall that came with it: back with the bits, nothing would tell of a port
 * whose bit is lit already.
 */
static void serve_queues(struct vcpu_info *info)
{
    const event_word_t want = 1u << EVTCHN_FIFO_PENDING;
    const event_word_t mask = 1u << EVTCHN_FIFO_MASKED;
    evtchn_port_t port;

    __atomic_store_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    while ((port = fifo_take(NULL))) {
        event_word_t *w = fifo_word(port);

        if (!w ||
            (__atomic_load_n(w, __ATOMIC_SEQ_CST) & (want | mask)) != want)
            continue;
        __atomic_fetch_and(w, ~want, __ATOMIC_SEQ_CST);
        served(port);
    }
}

void evtchn_upcall(void)
{
    struct vcpu_info *info = cpu_self()->info;

    while (__atomic_exchange_n(&info->evtchn_upcall_pending, 0,
                               __ATOMIC_SEQ_CST)) {
        if (fifo_active())
            serve_queues(info);
        else
            serve_bits(info);
    }
}

uint64_t evtchn_count(evtchn_port_t port)
{
    return __atomic_load_n(&counts[port % EVTCHN_COUNTED], __ATOMIC_SEQ_CST);
}

unsigned int evtchn_cpu(evtchn_port_t port)
{
    return served_by[port % EVTCHN_COUNTED];
}

void evtchn_forget(evtchn_port_t port)
{
    event_word_t *w = fifo_word(port);

    if (w)
        __atomic_fetch_and(w, ~(1u << EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST);
    else if (!fifo_active())
        __atomic_fetch_and(&pv_shared_info->evtchn_pending[port / BITS],
                           ~bit(port), __ATOMIC_SEQ_CST);
    __atomic_store_n(&counts[port % EVTCHN_COUNTED], 0, __ATOMIC_SEQ_CST);
}

bool evtchn_pending(evtchn_port_t port)
{
    event_word_t *w = fifo_word(port);

    if (w)
        return __atomic_load_n(w, __ATOMIC_SEQ_CST) >> EVTCHN_FIFO_PENDING & 1;
    return !fifo_active() &&
           __atomic_load_n(&pv_shared_info->evtchn_pending[port / BITS],
                           __ATOMIC_SEQ_CST) &
               bit(port);
}

static void set_bit_mask(unsigned long *word, evtchn_port_t port, bool masked)
{
    if (masked)
        __atomic_fetch_or(word, bit(port), __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(word, ~bit(port), __ATOMIC_SEQ_CST);
}

void evtchn_set_mask(evtchn_port_t port, bool masked)
{
    const event_word_t mask = 1u << EVTCHN_FIFO_MASKED;
    event_word_t *w = fifo_word(port);

    if (w && masked)
        __atomic_fetch_or(w, mask, __ATOMIC_SEQ_CST);
    else if (w)
        __atomic_fetch_and(w, ~mask, __ATOMIC_SEQ_CST);
    else if (!fifo_active())
        set_bit_mask(&pv_shared_info->evtchn_mask[port / BITS], port, masked);
}

long evtchn_unmask(evtchn_port_t port)
{
    struct evtchn_unmask arg = { .port = port };

    return hc_event_channel_op(EVTCHNOP_unmask, &arg);
}

long evtchn_send(evtchn_port_t port)
{
    struct evtchn_send arg = { .port = port };

    return hc_event_channel_op(EVTCHNOP_send, &arg);
}

long evtchn_close(evtchn_port_t port)
{
    struct evtchn_close arg = { .port = port };

    if (port < EVTCHN_COUNTED)
        owner[port] = 0;
    return hc_event_channel_op(EVTCHNOP_close, &arg);
}

/* A port may have been masked in an earlier life. */
static long bound(long rc, evtchn_port_t port, unsigned int whose)
{
    if (rc)
        return rc;
    if (port < EVTCHN_COUNTED)
        owner[port] = whose;
    evtchn_set_mask(port, false);
    return (long)port;
}

long evtchn_alloc(domid_t remote)
{
    struct evtchn_alloc_unbound arg = { .dom = DOMID_SELF,
                                        .remote_dom = remote };
    long rc = hc_event_channel_op(EVTCHNOP_alloc_unbound, &arg);

    return bound(rc, arg.port, 0);
}

long evtchn_bind_local(evtchn_port_t remote)
{
    struct evtchn_bind_interdomain arg = { .remote_dom = DOMID_SELF,
                                           .remote_port = remote };
    long rc = hc_event_channel_op(EVTCHNOP_bind_interdomain, &arg);

    return bound(rc, arg.local_port, 0);
}

long evtchn_bind_virq(unsigned int virq, unsigned int vcpu)
{
    struct evtchn_bind_virq arg = { .virq = virq, .vcpu = vcpu };
    long rc = hc_event_channel_op(EVTCHNOP_bind_virq, &arg);

    return bound(rc, arg.port, vcpu + 1);
}

long evtchn_bind_ipi(unsigned int vcpu)
{
    struct evtchn_bind_ipi arg = { .vcpu = vcpu };
    long rc = hc_event_channel_op(EVTCHNOP_bind_ipi, &arg);

    return bound(rc, arg.port, vcpu + 1);
}

void events_on(void)
{
    struct vcpu_info *info = cpu_self()->info;

    __atomic_store_n(&info->evtchn_upcall_mask, 0, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_SEQ_CST))
        hc_xen_version(0, NULL); /* any hypercall delivers on its return */
}

void events_off(void)
{
    __atomic_store_n(&cpu_self()->info->evtchn_upcall_mask, 1,
                     __ATOMIC_SEQ_CST);
}

void event_wait(void)
{
    hc_sched_op(SCHEDOP_block, NULL);
    events_off();
}
