/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Channels: allocating, binding, sending, closing.  A domain's channels live
 * in buckets that are added as the table grows and stay until the domain is
 * destroyed, so that a channel can be looked up without a lock.
 */
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/heap.h>
#include <hv/irq.h>
#include "local.h"

static_assert(sizeof(struct evtchn) * PORTS_PER_BUCKET <= PAGE_SIZE,
              "a bucket fits one allocation");

/* Of the array of pointers to buckets, which is made for the limit at once. */
static unsigned int buckets_order(const struct evtchn_domain *e)
{
    return heap_order((e->limit / PORTS_PER_BUCKET + 1) * sizeof(e->bucket[0]));
}

int evtchn_domain_init(struct domain *d, unsigned int max_port)
{
    struct evtchn_domain *e = &d->evtchn;

    lock_init(&e->lock, LR_EVTCHN);
    e->limit = MIN(max_port, EVTCHN_FIFO_NR_CHANNELS - 1U);
    e->bucket = heap_alloc(buckets_order(e));
    if (!e->bucket)
        return -ENOMEM;
    e->free_hint = 1;

    return 0;
}

/* Add one bucket to the table.  Lock: the domain's. */
static int grow_locked(struct domain *d)
{
    struct evtchn_domain *e = &d->evtchn;
    struct evtchn *b = hv_alloc(sizeof(*b) * PORTS_PER_BUCKET);

    if (!b)
        return -ENOMEM;
    for (unsigned int i = 0; i < PORTS_PER_BUCKET; i++)
        lock_init(&b[i].lock, LR_CHANNEL);
    e->bucket[e->nr_ports / PORTS_PER_BUCKET] = b;
    __atomic_store_n(&e->nr_ports, e->nr_ports + PORTS_PER_BUCKET,
                     __ATOMIC_RELEASE);

    return 0;
}

struct evtchn *evtchn_alloc_locked(struct domain *d, unsigned int *port,
                                   int *err)
{
    struct evtchn_domain *e = &d->evtchn;
    unsigned int last = e->fifo ? e->limit : MIN(e->limit, PORTS_2L - 1);
    unsigned int hint = 0; /* first port that is free, but still in a queue */

    for (unsigned int p = e->free_hint; p <= last && !e->closing; p++) {
        struct evtchn *c;

        if (p >= e->nr_ports && (*err = grow_locked(d)))
            return NULL;
        c = evtchn_lookup(d, p);
        if (c->state != ECS_FREE)
            continue;
        if (event_busy(d, p)) {
            hint = hint ? hint : p;
            continue;
        }
        e->free_hint = hint ? hint : p + 1;
        e->nr_active++;
        c->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
        *port = p;
        return c;
    }
    *err = -ENOSPC;

    return NULL;
}

void evtchn_free_locked(struct domain *d, struct evtchn *c, unsigned int port)
{
    ASSERT(c->state != ECS_FREE && d->evtchn.nr_active);

    lock_take(&c->lock);
    event_clear_pending(d, c, port);
    c->state = ECS_FREE;
    c->vcpu = 0;
    c->peer = NULL;
    c->peer_port = 0;
    lock_release(&c->lock);
    d->evtchn.nr_active--;
    d->evtchn.free_hint = MIN(d->evtchn.free_hint, port);
}

int evtchn_alloc_unbound(struct domain *d, domid_t remote)
{
    struct evtchn *c;
    unsigned int port;
    int err = 0;

    lock_take(&d->evtchn.lock);
    c = evtchn_alloc_locked(d, &port, &err);
    if (c) {
        lock_take(&c->lock);
        c->remote = remote;
        c->state = ECS_UNBOUND;
        lock_release(&c->lock);
        err = port;
    }
    lock_release(&d->evtchn.lock);

    return err;
}

int evtchn_bind_interdomain(struct domain *ld, struct domain *rd,
                            unsigned int rport, unsigned int *lport)
{
    struct evtchn *lc, *rc;
    int err = -EINVAL;

    lock_take_both(&ld->evtchn.lock, &rd->evtchn.lock);
    rc = evtchn_lookup(rd, rport);
    if (!rc || rc->state != ECS_UNBOUND || rc->remote != ld->id)
        goto out;
    lc = evtchn_alloc_locked(ld, lport, &err);
    if (!lc)
        goto out;

    lock_take_both(&lc->lock, &rc->lock);
    lc->peer = rd;
    lc->peer_port = rport;
    lc->state = ECS_INTERDOMAIN;
    rc->peer = ld;
    rc->peer_port = *lport;
    rc->state = ECS_INTERDOMAIN; /* keeps EC-1 */
    lock_release_both(&lc->lock, &rc->lock);

    /* What was sent to the unbound port is lost: better one too many. */
    event_set_pending(ld, lc, *lport);
    err = 0;
out:
    lock_release_both(&ld->evtchn.lock, &rd->evtchn.lock);
    return err;
}

/* Make both ends of a channel let go.  Locks: both domains'. */
static void unlink_locked(struct domain *d, struct evtchn *c)
{
    struct domain *rd = c->peer;
    struct evtchn *rc = evtchn_lookup(rd, c->peer_port);

    ASSERT(rc && rc->state == ECS_INTERDOMAIN && rc->peer == d);
    lock_take_both(&c->lock, &rc->lock);
    rc->state = ECS_UNBOUND;
    rc->peer = NULL;
    rc->remote = d->id;
    c->state = ECS_UNBOUND; /* until the caller frees it */
    c->peer = NULL;
    lock_release_both(&c->lock, &rc->lock);
}

/* Release what the channel is bound to.  Lock: the domain's; not peers. */
static void unbind_locked(struct domain *d, struct evtchn *c, unsigned int port)
{
    ASSERT(c->state != ECS_INTERDOMAIN);
    if (c->state == ECS_PIRQ)
        pirq_unbind(d, c->pirq, port);
    if (c->state == ECS_VIRQ)
        virq_unbind(d, c, port);
}

/* The domain that @port leads to, or @d itself, with a reference. */
static struct domain *peer_get(struct domain *d, unsigned int port)
{
    struct evtchn *c = evtchn_lookup(d, port);
    struct domain *rd = d;

    if (c) {
        lock_take(&c->lock);
        if (c->state == ECS_INTERDOMAIN)
            rd = c->peer;
        domain_get(rd); /* alive while the lock keeps EC-1 */
        lock_release(&c->lock);
    } else {
        domain_get(rd);
    }
    return rd;
}

/* Close @port with the locks of @d and @rd held; -EAGAIN: another peer. */
static int close_locked(struct domain *d, struct domain *rd, unsigned int port)
{
    struct evtchn *c = evtchn_lookup(d, port);

    if (!c || c->state == ECS_FREE)
        return -EINVAL;
    if (c->state == ECS_INTERDOMAIN && c->peer != rd)
        return -EAGAIN;

    if (c->state == ECS_INTERDOMAIN)
        unlink_locked(d, c);
    else
        unbind_locked(d, c, port);
    evtchn_free_locked(d, c, port);

    return 0;
}

int evtchn_close(struct domain *d, unsigned int port)
{
    int err;

    /* The locks have an order, so find out first whose are needed. */
    do {
        struct domain *rd = peer_get(d, port);

        lock_take_both(&d->evtchn.lock, &rd->evtchn.lock);
        err = close_locked(d, rd, port);
        lock_release_both(&d->evtchn.lock, &rd->evtchn.lock);
        domain_put(rd);
    } while (err == -EAGAIN);

    return err;
}

long evtchn_send(struct domain *d, unsigned int port)
{
    struct evtchn *c = evtchn_lookup(d, port), *rc;
    int err = 0;

    if (!c)
        return -EINVAL;

    lock_take(&c->lock);
    switch (c->state) {
    case ECS_INTERDOMAIN:
        /* The lock keeps the peer bound (EC-1), and so alive. */
        rc = evtchn_at(c->peer, c->peer_port);
        event_set_pending(c->peer, rc, c->peer_port);
        break;
    case ECS_IPI:
        event_set_pending(d, c, port);
        break;
    case ECS_UNBOUND:
        break; /* nobody listens */
    default:
        err = -EINVAL;
    }
    lock_release(&c->lock);

    return err;
}

void evtchn_raise(struct domain *d, unsigned int port)
{
    struct evtchn *c = evtchn_lookup(d, port);

    if (!c)
        return;
    lock_take(&c->lock);
    if (c->state == ECS_PIRQ) /* else it has been closed meanwhile */
        event_set_pending(d, c, port);
    lock_release(&c->lock);
}

/*
 * Close all ports, then leave the FIFO ABI.  No port is allocated meanwhile,
 * so one pass is enough; two callers share it.
 */
static int close_all(struct domain *d)
{
    struct evtchn_domain *e = &d->evtchn;
    unsigned int nr = 0, left;

    lock_take(&e->lock);
    e->closing = true;
    lock_release(&e->lock);

    for (;;) {
        unsigned int p =
            __atomic_fetch_add(&e->close_next, 1, __ATOMIC_RELAXED);

        if (p >= e->nr_ports || !e->nr_active)
            break;
        evtchn_close(d, p);
        if (++nr % PORTS_PER_BUCKET == 0 && preempt_needed())
            return -ERESTART;
    }

    lock_take(&e->lock);
    e->close_next = 0;
    left = e->nr_active; /* by the other caller, just now */
    if (!left) {
        fifo_end_locked(d);
        e->closing = e->dead;
    }
    lock_release(&e->lock);

    return left ? -ERESTART : 0;
}

int evtchn_reset(struct domain *d) { return close_all(d); }

int evtchn_domain_destroy(struct domain *d)
{
    d->evtchn.dead = true;

    return close_all(d);
}

void evtchn_domain_free(struct domain *d)
{
    struct evtchn_domain *e = &d->evtchn;

    ASSERT(!e->nr_active && !e->fifo);
    if (!e->bucket)
        return;
    for (unsigned int i = 0; i < e->nr_ports / PORTS_PER_BUCKET; i++)
        hv_free(e->bucket[i]);
    heap_free(e->bucket, buckets_order(e));
}

static const char *const state_names[] = {
    [ECS_FREE] = "free",
    [ECS_UNBOUND] = "unbound",
    [ECS_INTERDOMAIN] = "interdomain",
    [ECS_PIRQ] = "pirq",
    [ECS_VIRQ] = "virq",
    [ECS_IPI] = "ipi",
};

/* What a key asked for is printed whatever the threshold. */
void evtchn_dump(void)
{
    for_each_domain (d) {
        log_err("d%u: %u event channels, %s\n", d->id, d->evtchn.nr_active,
                d->evtchn.fifo ? "FIFO" : "2-level");
        for (unsigned int p = 1; p < d->evtchn.nr_ports; p++) {
            const struct evtchn *c = evtchn_lookup(d, p);

            if (c->state == ECS_FREE)
                continue;
            log_err(
                "  %4u v%u %s%s d%d %u\n", p, c->vcpu, state_names[c->state],
                evtchn_port_pending(d, p) ? " pending" : "",
                c->state == ECS_INTERDOMAIN ? c->peer->id : -1, c->peer_port);
        }
    }
}
