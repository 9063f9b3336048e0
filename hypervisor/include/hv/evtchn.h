/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event channels: interrupts between domains (evtchn/). */
#pragma once

#include <hv/lock.h>
#include <hv/mm.h>
#include <hv/types.h>
#include <xen/event_channel.h>
#include <xen/xen.h>

struct domain;
struct vcpu;
struct evtchn;

#define EVTCHN_MAX_POLLERS 128 /* vCPUs of a domain */
#define EVTCHN_POLL_ANY 0      /* poll_port: several ports, or none */

struct evtchn_fifo; /* private to evtchn/, as the next */
struct fifo_vcpu;

struct evtchn_domain {
    struct lock lock; /* LR_EVTCHN: binding, closing; growth of bucket[] */
    struct evtchn **bucket;
    struct evtchn_fifo *fifo; /* NULL: the domain uses the 2-level ABI */
    unsigned int nr_ports;    /* allocated so far; only grows until the end */
    unsigned int limit;       /* of the toolstack: highest port usable */
    unsigned int free_hint;   /* no port below it can be given away */
    unsigned int nr_active;   /* ports in use */
    unsigned int close_next;  /* where closing of all ports goes on */
    bool closing;             /* it is under way: no new ports */
    bool dead;                /* and none ever after */
    uint64_t pollers[EVTCHN_MAX_POLLERS /
                     64]; /* vCPUs that are, or were, in SCHEDOP_poll */
};

struct evtchn_vcpu {
    struct fifo_vcpu *fifo;       /* NULL: it has no control block */
    uint32_t virq_port[NR_VIRQS]; /* 0: not bound */
    uint32_t poll_port;           /* the only one polled, or EVTCHN_POLL_ANY */
    bool polling;                 /* it is in its domain's pollers[] */
};

/**
 * evtchn_domain_init - an empty table of event channels
 * @max_port: highest port number, cut to what the FIFO ABI has; as long as
 *            the domain uses the 2-level ABI, that one's limit counts too
 *
 * Returns: 0; -ENOMEM.
 */
int evtchn_domain_init(struct domain *d, unsigned int max_port);

/**
 * evtchn_domain_destroy - close all ports for good
 *
 * Channels of other domains that led here become unbound.  No vCPU runs.
 * May be called twice.  Returns: 0; -ERESTART to go on.
 */
int evtchn_domain_destroy(struct domain *d);

/* evtchn_domain_free - free the table, when nobody can look at it any more */
void evtchn_domain_free(struct domain *d);

/* virq_raise - set VIRQ @virq of one vCPU pending, if it is bound */
void virq_raise(struct vcpu *v, unsigned int virq);

/* virq_raise_global - the same for a VIRQ that dom0 binds once */
void virq_raise_global(unsigned int virq);

/* virq_is_global - is it bound once for a domain, and not for each vCPU? */
bool virq_is_global(unsigned int virq);

/* evtchn_raise - set @port of @d pending, if it is a PIRQ's */
void evtchn_raise(struct domain *d, unsigned int port);

/* Can the owner of @i take an event now: pending and not masked? */
static inline bool vcpu_event_deliverable(const struct vcpu_info *i)
{
    return __atomic_load_n(&i->evtchn_upcall_pending, __ATOMIC_ACQUIRE) &&
           !__atomic_load_n(&i->evtchn_upcall_mask, __ATOMIC_RELAXED);
}

/* evtchn_port_pending - is @port pending?  1; 0; -EINVAL: no such channel */
int evtchn_port_pending(struct domain *d, unsigned int port);

/**
 * evtchn_poll_begin - @v waits in SCHEDOP_poll
 * @port: the only port that it waits for, or EVTCHN_POLL_ANY
 *
 * Each event that becomes pending on @port (any port) then does
 * vcpu_unblock(@v), masked or not.  Only @v itself calls these two, so it may
 * be noted for longer than it waits: until it polls or blocks again.
 */
void evtchn_poll_begin(struct vcpu *v, unsigned int port);
void evtchn_poll_end(struct vcpu *v);

/**
 * evtchn_alloc_unbound - port of @d that @remote may bind; domctl, boot
 * Returns: port, or -ENOSPC, -ENOMEM.
 */
int evtchn_alloc_unbound(struct domain *d, domid_t remote);

/**
 * evtchn_reset - close every port of @d, which goes back to the 2-level ABI
 * Returns: 0; -ERESTART to go on.
 */
int evtchn_reset(struct domain *d);

void evtchn_dump(void); /* debug key */

/* evtchn_audit - the pages of @d's FIFO queues, for mm_audit() */
void evtchn_audit(const struct domain *d, audit_count_fn *count);
