/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to evtchn/: one channel, and what the files share. */
#ifndef EVTCHN_LOCAL_H
#define EVTCHN_LOCAL_H

#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/lock.h>
#include <hv/types.h>

#define PORTS_PER_BUCKET 64U

enum evtchn_state {
    ECS_FREE,
    ECS_UNBOUND,     /* waits for domain @remote to bind */
    ECS_INTERDOMAIN, /* leads to @peer:@peer_port */
    ECS_PIRQ,
    ECS_VIRQ,
    ECS_IPI,
};

/*
 * One channel.  Changes of state are made with the domain's lock and the
 * channel's lock held; so either of them keeps it from changing.
 *
 * INVARIANT EC-1: an interdomain channel's peer is an interdomain channel
 * whose peer it is; both change in one step, with both channels locked.
 */
struct evtchn {
    struct lock lock; /* LR_CHANNEL: the rest */
    uint8_t state;    /* enum evtchn_state */
    uint16_t vcpu;    /* whom to notify; read without lock */
    union {
        domid_t remote;     /* ECS_UNBOUND */
        uint32_t peer_port; /* ECS_INTERDOMAIN */
        uint32_t pirq;
        uint32_t virq;
    };
    struct domain *peer; /* ECS_INTERDOMAIN; stays until unbound, see EC-1 */
};

/* The channel, or NULL: @port is 0 or beyond the table. */
static inline struct evtchn *evtchn_lookup(struct domain *d, unsigned int port)
{
    if (port == 0 ||
        port >= __atomic_load_n(&d->evtchn.nr_ports, __ATOMIC_ACQUIRE))
        return NULL;
    return &d->evtchn.bucket[port / PORTS_PER_BUCKET][port % PORTS_PER_BUCKET];
}

/**
 * evtchn_alloc - a free channel of @d, with the port's number in *@port
 * Locks: the caller holds d->evtchn.lock, and sets the state before leaving.
 * Returns: NULL with *@err -ENOSPC or -ENOMEM.
 */
struct evtchn *evtchn_alloc_locked(struct domain *d, unsigned int *port,
                                   int *err);

/* evtchn_free_locked - give the channel back; also clears the pending bit */
void evtchn_free_locked(struct domain *d, struct evtchn *c, unsigned int port);

/**
 * evtchn_close - close @port of @d; the peer becomes unbound
 * Returns: 0; -EINVAL it is not open.
 */
int evtchn_close(struct domain *d, unsigned int port);

/* evtchn_bind_interdomain - 0; -EINVAL; -ENOSPC; -ENOMEM */
int evtchn_bind_interdomain(struct domain *ld, struct domain *rd,
                            unsigned int rport, unsigned int *lport);

/* evtchn_send - EVTCHNOP_send by @d; 0; -EINVAL */
int evtchn_send(struct domain *d, unsigned int port);

/* virq_bind, virq_unbind - see EVTCHNOP_bind_virq */
int virq_bind(struct domain *d, unsigned int virq, unsigned int vcpu,
              unsigned int *port);
void virq_unbind(struct domain *d, const struct evtchn *c, unsigned int port);

/* Delivery by the 2-level ABI (two_level.c). */

/* event_set_pending - @port, which notifies @vcpu, has an event */
void event_set_pending(struct domain *d, unsigned int vcpu, unsigned int port);

/* event_clear_pending - forget it: the port is recycled */
void event_clear_pending(struct domain *d, unsigned int port);

/* event_unmask - clear the mask bit; deliver what came meanwhile */
void event_unmask(struct domain *d, unsigned int vcpu, unsigned int port);

#endif
