/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's half of the FIFO ABI, written from <xen/event_channel.h>: a
 * guest in domain 1 that takes events off its queues.
 */
#ifndef EVTCHN_FIFO_GUEST_H
#define EVTCHN_FIFO_GUEST_H

#include "domains.h"

#define P (1U << EVTCHN_FIFO_PENDING)
#define M (1U << EVTCHN_FIFO_MASKED)
#define L (1U << EVTCHN_FIFO_LINKED)
#define LINK EVTCHN_FIFO_LINK_MASK

#define GUEST 1
#define WORDS (PAGE_SIZE / sizeof(event_word_t))

/* Pages of the guest: control blocks first, then event words. */
#define ARRAY_PAGE NR_TEST_VCPUS

static uint64_t gfn_of(unsigned int dom, unsigned int page)
{
    return mfn_x(virt_to_mfn(guest_page[dom][page]));
}

static inline struct evtchn_fifo_control_block *block(unsigned int vcpu)
{
    return (void *)guest_page[GUEST][vcpu];
}

static inline event_word_t *word(unsigned int port)
{
    return (event_word_t *)guest_page[GUEST][ARRAY_PAGE] + port;
}

static inline long init_control(unsigned int vcpu, uint64_t gfn,
                                uint32_t offset)
{
    struct evtchn_init_control i = { .control_gfn = gfn,
                                     .offset = offset,
                                     .vcpu = vcpu };
    long err = call(GUEST, EVTCHNOP_init_control, &i);

    return err ? err : i.link_bits;
}

static inline long expand(uint64_t gfn)
{
    struct evtchn_expand_array e = { .array_gfn = gfn };

    return call(GUEST, EVTCHNOP_expand_array, &e);
}

static inline long set_priority(uint32_t port, uint32_t priority)
{
    struct evtchn_set_priority s = { .port = port, .priority = priority };

    return call(GUEST, EVTCHNOP_set_priority, &s);
}

static inline long unmask(uint32_t port)
{
    struct evtchn_unmask u = { .port = port };

    return call(GUEST, EVTCHNOP_unmask, &u);
}

/* Control blocks for all vCPUs and @pages pages of words. */
static inline void start_fifo(unsigned int pages)
{
    for (unsigned int i = 0; i < NR_TEST_VCPUS; i++)
        assert_int_equal(init_control(i, gfn_of(GUEST, i), 0),
                         EVTCHN_FIFO_LINK_BITS);
    for (unsigned int i = 0; i < pages; i++)
        assert_int_equal(expand(gfn_of(GUEST, ARRAY_PAGE + i)), 0);
}

/* What a vCPU of the guest remembers between events. */
struct consumer {
    unsigned int vcpu;
    uint32_t ready;
    uint32_t head[EVTCHN_FIFO_MAX_QUEUES];
};

/* Take LINKED and the link off a word; returns the link. */
static inline uint32_t unlink_word(event_word_t *w)
{
    event_word_t was = __atomic_load_n(w, __ATOMIC_SEQ_CST);

    while (!__atomic_compare_exchange_n(w, &was, was & ~(L | LINK), false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
    return was & LINK;
}

/*
 * Take one port off the queue with the highest priority.  Returns: the port;
 * 0: nothing is ready.  *@priority: its queue's.
 */
static inline uint32_t take(struct consumer *c, unsigned int *priority)
{
    struct evtchn_fifo_control_block *b = block(c->vcpu);
    unsigned int q;
    uint32_t port;

    c->ready |= __atomic_exchange_n(&b->ready, 0, __ATOMIC_SEQ_CST);
    if (!c->ready)
        return 0;
    q = (unsigned int)__builtin_ctz(c->ready);
    port = c->head[q];
    if (!port)
        port = __atomic_load_n(&b->head[q], __ATOMIC_SEQ_CST);
    assert_in_range(port, 1, WORDS - 1);
    c->head[q] = unlink_word(word(port));
    if (!c->head[q])
        c->ready &= ~(1U << q);
    *priority = q;

    return port;
}

#endif
