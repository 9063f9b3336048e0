/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Delivery by the FIFO ABI: a word for each port, in pages that the guest
 * gives, and for each vCPU sixteen queues, one for each priority.  A queue is
 * a list of ports, linked through their words.  The guest takes ports off at
 * the head; here they are added at the tail.
 *
 * The guest can write all of these words at any time.  So nothing that is
 * read from them is used as an index, nothing is done again because of what
 * they hold, and each word is changed by single atomic operations that cannot
 * fail: the guest never has to be told to keep off (BUSY is not used), and a
 * send has the same few steps whatever is there.  A guest that scribbles in
 * its pages loses its own events.
 *
 * INVARIANT EF-1: a port that is the tail of a queue was linked there last
 * (evtchn.queue).  So whoever holds the queue's lock and finds the tail's
 * LINKED set knows that the guest has not taken it off yet.
 */
#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/frame.h>
#include <hv/heap.h>
#include <hv/vcpu.h>
#include "local.h"

#define PENDING (1U << EVTCHN_FIFO_PENDING)
#define MASKED (1U << EVTCHN_FIFO_MASKED)
#define LINKED (1U << EVTCHN_FIFO_LINKED)

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define MAX_PAGES (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)

/* Another CPU may deliver the port, and the guest move it, but how often? */
#define LINK_TRIES 4

/* What a domain has once it uses this ABI.  Pages are added, at the end. */
struct evtchn_fifo {
    unsigned int nr_pages; /* the domain's lock */
    event_word_t *page[MAX_PAGES];
};

/* What a vCPU has once it has a control block. */
struct fifo_vcpu {
    struct vcpu *v;
    struct evtchn_fifo_control_block *block; /* in a page of the guest */
    struct fifo_queue {
        struct lock lock; /* LR_EVENT_QUEUE: tail; linking of its ports */
        uint32_t tail;    /* port linked last; 0: none */
    } queue[EVTCHN_FIFO_MAX_QUEUES];
};

static_assert(sizeof(struct evtchn_fifo) <= PAGE_SIZE, "fits hv_alloc()");

/* The word of @port; NULL: the guest has given no page for it yet. */
static event_word_t *word_of(const struct domain *d, unsigned int port)
{
    const struct evtchn_fifo *f =
        __atomic_load_n(&d->evtchn.fifo, __ATOMIC_ACQUIRE);
    event_word_t *page;

    ASSERT(port < EVTCHN_FIFO_NR_CHANNELS);
    page = __atomic_load_n(&f->page[port / WORDS_PER_PAGE], __ATOMIC_SEQ_CST);

    return page ? &page[port % WORDS_PER_PAGE] : NULL;
}

/* A queue has one number in a domain. */
static uint16_t queue_id(unsigned int vcpu, unsigned int priority)
{
    return vcpu * EVTCHN_FIFO_MAX_QUEUES + priority;
}

static struct fifo_vcpu *queue_vcpu(const struct domain *d, uint16_t id)
{
    struct vcpu *v = d->vcpu[id / EVTCHN_FIFO_MAX_QUEUES];

    return v ? __atomic_load_n(&v->evtchn.fifo, __ATOMIC_ACQUIRE) : NULL;
}

/*
 * Put @port behind the tail; if the guest has taken that off meanwhile, the
 * list is empty and begins anew.  Lock: the queue's.
 * Returns: shall the guest be told?
 */
static bool append_locked(struct domain *d, struct fifo_vcpu *fv,
                          unsigned int priority, unsigned int port)
{
    struct fifo_queue *q = &fv->queue[priority];
    event_word_t *last = q->tail ? word_of(d, q->tail) : NULL;
    uint32_t ready = 1U << priority;

    q->tail = port;
    if (last) {
        /* The last one has no link: link_port() and the guest see to it. */
        if (__atomic_fetch_or(last, port, __ATOMIC_SEQ_CST) & LINKED)
            return false;
        __atomic_fetch_and(last, ~EVTCHN_FIFO_LINK_MASK, __ATOMIC_SEQ_CST);
    }
    __atomic_store_n(&fv->block->head[priority], port, __ATOMIC_RELEASE);

    return !(__atomic_fetch_or(&fv->block->ready, ready, __ATOMIC_SEQ_CST) &
             ready);
}

/*
 * Lock the queue where @c was linked last; if it never was, @none will do.
 * NULL: it kept being linked elsewhere, so it has been delivered.
 */
static struct fifo_queue *lock_last(const struct domain *d,
                                    const struct evtchn *c,
                                    struct fifo_queue *none)
{
    for (unsigned int i = 0; i < LINK_TRIES; i++) {
        uint16_t id = __atomic_load_n(&c->queue, __ATOMIC_ACQUIRE);
        struct fifo_vcpu *fv = queue_vcpu(d, id);
        struct fifo_queue *q =
            fv ? &fv->queue[id % EVTCHN_FIFO_MAX_QUEUES] : none;

        lock_take(&q->lock);
        if (likely(id == __atomic_load_n(&c->queue, __ATOMIC_RELAXED)))
            return q;
        lock_release(&q->lock);
    }
    return NULL;
}

/*
 * Link @port, which is pending and not masked.  Setting LINKED claims it, so
 * that one CPU alone goes on; that takes the lock of the queue where it was
 * linked last, and ends its time as the tail there (EF-1).
 */
static void link_port(struct domain *d, struct evtchn *c, unsigned int port,
                      event_word_t *word)
{
    unsigned int priority = __atomic_load_n(&c->priority, __ATOMIC_RELAXED);
    uint16_t to =
        queue_id(__atomic_load_n(&c->vcpu, __ATOMIC_RELAXED), priority);
    struct fifo_vcpu *fv = queue_vcpu(d, to);
    struct fifo_queue *q, *last;
    event_word_t was;
    bool news;

    if (unlikely(!fv))
        return; /* it has no queues: the event stays pending */
    q = &fv->queue[priority];
    last = lock_last(d, c, q);
    if (unlikely(!last))
        return;

    was = __atomic_fetch_or(word, LINKED, __ATOMIC_SEQ_CST);
    if (unlikely(was & LINKED)) {
        lock_release(&last->lock);
        return;
    }
    if (unlikely(was & EVTCHN_FIFO_LINK_MASK))
        __atomic_fetch_and(word, ~EVTCHN_FIFO_LINK_MASK, __ATOMIC_SEQ_CST);
    if (last->tail == port)
        last->tail = 0;
    __atomic_store_n(&c->queue, to, __ATOMIC_RELEASE);
    if (unlikely(last != q)) {
        lock_release(&last->lock);
        lock_take(&q->lock);
    }
    news = append_locked(d, fv, priority, port);
    lock_release(&q->lock);

    if (news)
        event_upcall(fv->v);
}

bool fifo_set_pending(struct domain *d, struct evtchn *c, unsigned int port)
{
    event_word_t *word = word_of(d, port), was;

    if (unlikely(!word)) {
        /* fifo_expand() looks at this after it has added the page. */
        __atomic_store_n(&c->pending, true, __ATOMIC_SEQ_CST);
        word = word_of(d, port);
        if (!word)
            return false;
    }
    was = __atomic_fetch_or(word, PENDING, __ATOMIC_SEQ_CST);
    if (!(was & (MASKED | LINKED)))
        link_port(d, c, port, word);

    return !(was & PENDING);
}

void fifo_clear_pending(struct domain *d, struct evtchn *c, unsigned int port)
{
    event_word_t *word = word_of(d, port);

    /* It may stay linked: the guest takes off what is not pending, too. */
    c->pending = false;
    if (word)
        __atomic_fetch_and(word, ~PENDING, __ATOMIC_SEQ_CST);
}

void fifo_unmask(struct domain *d, struct evtchn *c, unsigned int port)
{
    event_word_t *word = word_of(d, port), was;

    if (!word)
        return;
    was = __atomic_fetch_and(word, ~MASKED, __ATOMIC_SEQ_CST);
    if ((was & (PENDING | LINKED)) == PENDING)
        link_port(d, c, port, word);
}

bool fifo_pending(struct domain *d, unsigned int port)
{
    event_word_t *word = word_of(d, port);

    return word && __atomic_load_n(word, __ATOMIC_ACQUIRE) & PENDING;
}

bool fifo_busy(struct domain *d, unsigned int port)
{
    event_word_t *word = word_of(d, port);

    return word && __atomic_load_n(word, __ATOMIC_ACQUIRE) & LINKED;
}

/* A page of @d that the guest names, writable and held; NULL: none such. */
static void *hold_page(struct domain *d, uint64_t gfn)
{
    mfn_t m = mfn(gfn);

    return frame_get_with_type(m, d, PT_WRITABLE) ? NULL : mfn_to_virt(m);
}

static const void *page_of(const void *at)
{
    return (const void *)((uintptr_t)at & PAGE_MASK);
}

static void release_page(const void *at)
{
    frame_put_with_type(virt_to_mfn(page_of(at)));
}

/* From the 2-level ABI to this one.  Lock: the domain's. */
static int switch_locked(struct domain *d)
{
    struct evtchn_fifo *f = hv_alloc(sizeof(*f));

    if (!f)
        return -ENOMEM;
    for (unsigned int p = 1; p < d->evtchn.nr_ports; p++) {
        struct evtchn *c = evtchn_lookup(d, p);

        if (c->state != ECS_FREE && two_level_pending(d, p))
            __atomic_store_n(&c->pending, true, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&d->evtchn.fifo, f, __ATOMIC_RELEASE);

    return 0;
}

int fifo_init(struct vcpu *v, uint64_t gfn, uint32_t offset)
{
    const size_t size = sizeof(struct evtchn_fifo_control_block);
    struct domain *d = v->domain;
    struct fifo_vcpu *fv;
    char *page;
    int err = -EINVAL;

    if (offset % 8 || offset > PAGE_SIZE - size)
        return -EINVAL;
    fv = hv_alloc(sizeof(*fv));
    if (!fv)
        return -ENOMEM;
    for (unsigned int i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++)
        lock_init(&fv->queue[i].lock, LR_EVENT_QUEUE);
    fv->v = v;

    lock_take(&d->evtchn.lock);
    if (v->evtchn.fifo || d->evtchn.closing)
        goto free;
    page = hold_page(d, gfn);
    if (!page)
        goto free;
    err = d->evtchn.fifo ? 0 : switch_locked(d);
    if (err)
        goto put;
    fv->block = (void *)(page + offset);
    __atomic_store_n(&v->evtchn.fifo, fv, __ATOMIC_RELEASE);
    lock_release(&d->evtchn.lock);

    return 0;
put:
    release_page(page);
free:
    lock_release(&d->evtchn.lock);
    hv_free(fv);
    return err;
}

/* Deliver what came before there was a word for it.  Lock: the domain's. */
static void catch_up_locked(struct domain *d, unsigned int first)
{
    unsigned int end = MIN(first + WORDS_PER_PAGE, d->evtchn.nr_ports);

    for (unsigned int p = MAX(first, 1U); p < end; p++) {
        struct evtchn *c = evtchn_lookup(d, p);

        if (!__atomic_exchange_n(&c->pending, false, __ATOMIC_SEQ_CST))
            continue;
        lock_take(&c->lock);
        if (c->state != ECS_FREE)
            event_set_pending(d, c, p);
        lock_release(&c->lock);
    }
}

int fifo_expand(struct domain *d, uint64_t gfn)
{
    struct evtchn_fifo *f;
    event_word_t *page;
    int err = -EOPNOTSUPP;

    lock_take(&d->evtchn.lock);
    f = d->evtchn.fifo;
    if (!f || d->evtchn.closing)
        goto out;
    err = -ENOSPC;
    if (f->nr_pages == MAX_PAGES)
        goto out;
    err = -EINVAL;
    page = hold_page(d, gfn);
    if (!page)
        goto out;

    err = 0;
    __atomic_store_n(&f->page[f->nr_pages], page, __ATOMIC_SEQ_CST);
    catch_up_locked(d, f->nr_pages++ * WORDS_PER_PAGE);
out:
    lock_release(&d->evtchn.lock);
    return err;
}

void fifo_end_locked(struct domain *d)
{
    struct evtchn_fifo *f = d->evtchn.fifo;

    ASSERT(!d->evtchn.nr_active);
    if (!f)
        return;
    for_each_vcpu (v, d) {
        struct fifo_vcpu *fv = v->evtchn.fifo;

        if (!fv)
            continue;
        __atomic_store_n(&v->evtchn.fifo, NULL, __ATOMIC_RELEASE);
        release_page(fv->block);
        hv_free(fv);
    }
    __atomic_store_n(&d->evtchn.fifo, NULL, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < f->nr_pages; i++)
        release_page(f->page[i]);
    hv_free(f);
}

void evtchn_audit(const struct domain *d, audit_count_fn *count)
{
    const struct evtchn_fifo *f = d->evtchn.fifo;

    for (unsigned int i = 0; f && i < f->nr_pages; i++)
        count(virt_to_mfn(f->page[i]), true);
    for_each_vcpu (v, d)
        if (v->evtchn.fifo)
            count(virt_to_mfn(page_of(v->evtchn.fifo->block)), true);
}
