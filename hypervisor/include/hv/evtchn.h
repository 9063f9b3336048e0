/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event channels: interrupts between domains (evtchn/). */
#ifndef HV_EVTCHN_H
#define HV_EVTCHN_H

#include <hv/lock.h>
#include <hv/types.h>
#include <xen/event_channel.h>
#include <xen/xen.h>

struct domain;
struct vcpu;
struct evtchn;

struct evtchn_domain {
    struct lock lock; /* LR_EVTCHN: binding, closing; growth of bucket[] */
    struct evtchn **bucket;
    unsigned int nr_ports; /* allocated so far */
    unsigned int max_port; /* limit of the toolstack, highest port usable */
};

struct evtchn_vcpu {
    uint32_t virq_port[NR_VIRQS]; /* 0: not bound */
    uint32_t poll_port;           /* SCHEDOP_poll: 0 none, ~0 several */
    bool polling;
};

int evtchn_domain_init(struct domain *d, unsigned int max_port);
/* evtchn_domain_destroy - close all ports; -ERESTART to go on */
int evtchn_domain_destroy(struct domain *d);

/* virq_raise - set VIRQ @virq of one vCPU pending, if it is bound */
void virq_raise(struct vcpu *v, unsigned int virq);

/* virq_raise_global - the same for a VIRQ that dom0 binds once */
void virq_raise_global(unsigned int virq);

/* evtchn_raise - set @port of @d pending (for PIRQs); caller owns the port */
void evtchn_raise(struct domain *d, unsigned int port);

/* vcpu_kick - @v has an event pending: wake it, or make it look */
void vcpu_kick(struct vcpu *v);

/* Can @v take an event now: pending and not masked? */
static inline bool vcpu_event_deliverable(const struct vcpu_info *i)
{
    return __atomic_load_n(&i->evtchn_upcall_pending, __ATOMIC_ACQUIRE) &&
           !i->evtchn_upcall_mask;
}

/* evtchn_port_pending - is @port pending?  For SCHEDOP_poll; false: no port */
bool evtchn_port_pending(struct domain *d, unsigned int port);

/**
 * evtchn_alloc_unbound - port of @d that @remote may bind; domctl, boot
 * Returns: port, or -ENOSPC, -ENOMEM.
 */
int evtchn_alloc_unbound(struct domain *d, domid_t remote);

/* evtchn_reset - close every port of @d (EVTCHNOP_reset, soft reset) */
int evtchn_reset(struct domain *d);

void evtchn_dump(void); /* debug key */

#endif
