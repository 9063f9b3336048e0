/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to evtchn/: one channel, and what the files share. */
#pragma once

#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/lock.h>
#include <hv/nospec.h>
#include <hv/types.h>

#define PORTS_PER_BUCKET 64U
#define PORTS_2L ((unsigned int)EVTCHN_2L_NR_CHANNELS)

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
 *
 * INVARIANT EC-2: an event is delivered to a channel only while that is not
 * free, and kept so: by its lock, by its peer's (EC-1), or by the domain's.
 * So once all are free nobody looks at the guest's pages any more.
 */
struct evtchn {
    struct lock lock; /* LR_CHANNEL: the rest */
    uint8_t state;    /* enum evtchn_state */
    uint8_t priority; /* FIFO; read without lock, as the next */
    uint16_t vcpu;    /* whom to notify */
    union {
        domid_t remote;     /* ECS_UNBOUND */
        uint32_t peer_port; /* ECS_INTERDOMAIN */
        uint32_t pirq;
        uint32_t virq;
    };
    struct domain *peer; /* ECS_INTERDOMAIN; stays until unbound, see EC-1 */
    uint16_t queue;      /* FIFO: where it was linked last; outlives closing */
    bool pending;        /* FIFO: came before there was a word for it */
};

static inline struct evtchn *evtchn_at(struct domain *d, unsigned int port)
{
    return &d->evtchn.bucket[port / PORTS_PER_BUCKET][port % PORTS_PER_BUCKET];
}

/* The channel, or NULL: @port is 0 or beyond the table. */
static inline struct evtchn *evtchn_lookup(struct domain *d, unsigned int port)
{
    unsigned int nr = __atomic_load_n(&d->evtchn.nr_ports, __ATOMIC_ACQUIRE);

    if (port == 0 || port >= nr)
        return NULL;
    return evtchn_at(d, nospec_index(port, nr));
}

/* evtchn_vcpu_of - vCPU @id of @d, from a guest; NULL: there is none */
static inline struct vcpu *evtchn_vcpu_of(const struct domain *d,
                                          unsigned int id)
{
    return id < d->max_vcpus ? d->vcpu[nospec_index(id, d->max_vcpus)] : NULL;
}

/**
 * evtchn_alloc_locked - a free channel of @d, with the port's number in *@port
 * Locks: the caller holds d->evtchn.lock, and sets the state before leaving.
 * Returns: NULL with *@err -ENOSPC or -ENOMEM.
 */
struct evtchn *evtchn_alloc_locked(struct domain *d, unsigned int *port,
                                   int *err);

/**
 * evtchn_free_locked - give the channel back; also clears the pending bit
 * Locks: the caller holds d->evtchn.lock; takes the channel's.
 */
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
long evtchn_send(struct domain *d, unsigned int port);

/* virq_bind, virq_unbind - see EVTCHNOP_bind_virq */
int virq_bind(struct domain *d, unsigned int virq, unsigned int vcpu,
              unsigned int *port);
void virq_unbind(struct domain *d, const struct evtchn *c, unsigned int port);

/*
 * Delivery (deliver.c).  The caller sees to EC-2: @c is port @port of @d, not
 * free.  Locks taken: LR_EVENT_QUEUE and the scheduler's.
 */

/* event_set_pending - @c has an event */
void event_set_pending(struct domain *d, struct evtchn *c, unsigned int port);

/* event_clear_pending - forget it: the port is recycled */
void event_clear_pending(struct domain *d, struct evtchn *c, unsigned int port);

/* event_unmask - clear the mask bit; deliver what came meanwhile */
void event_unmask(struct domain *d, struct evtchn *c, unsigned int port);

/**
 * event_busy - is this free port still in a queue of the guest?
 *
 * If it were given away, the first event of its new life would go where the
 * old one belonged.  Lock: the domain's.
 */
bool event_busy(struct domain *d, unsigned int port);

/* event_upcall - make @v look for events */
void event_upcall(struct vcpu *v);

/* The two ABIs; set_pending says whether it was not pending before. */
bool two_level_set_pending(struct domain *d, const struct evtchn *c,
                           unsigned int port);
void two_level_clear_pending(struct domain *d, unsigned int port);
void two_level_unmask(struct domain *d, const struct evtchn *c,
                      unsigned int port);
bool two_level_pending(struct domain *d, unsigned int port);

bool fifo_set_pending(struct domain *d, struct evtchn *c, unsigned int port);
void fifo_clear_pending(struct domain *d, struct evtchn *c, unsigned int port);
void fifo_unmask(struct domain *d, struct evtchn *c, unsigned int port);
bool fifo_pending(struct domain *d, unsigned int port);
bool fifo_busy(struct domain *d, unsigned int port);

/**
 * fifo_init - EVTCHNOP_init_control for @v
 * @gfn, @offset: the control block, in bytes; 8-aligned and within the page
 *
 * The first one takes the domain to the FIFO ABI.  Returns: 0; -EINVAL there
 * is one, or @offset, or no writable page of the domain; -ENOMEM.
 */
int fifo_init(struct vcpu *v, uint64_t gfn, uint32_t offset);

/**
 * fifo_expand - EVTCHNOP_expand_array: 1024 more event words
 *
 * Returns: 0; -EOPNOTSUPP the domain uses the 2-level ABI; -ENOSPC there are
 * words for all ports; -EINVAL no writable page of the domain.
 */
int fifo_expand(struct domain *d, uint64_t gfn);

/* fifo_end_locked - back to the 2-level ABI.  All ports are free. */
void fifo_end_locked(struct domain *d);
