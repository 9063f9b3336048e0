/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual interrupts.  Some belong to each vCPU, the others are bound once
 * for the domain and kept with its vCPU 0.  Raising one takes no lock: the
 * port is one word, and an event on a port that has just been recycled is
 * one too many, which guests take.
 */
#include <hv/bug.h>
#include <hv/errno.h>
#include <hv/vcpu.h>
#include "local.h"

bool virq_is_global(unsigned int virq)
{
    const uint32_t per_vcpu = 1U << VIRQ_TIMER | 1U << VIRQ_DEBUG |
                              1U << VIRQ_XENOPROF | 1U << VIRQ_XENPMU;

    ASSERT(virq < NR_VIRQS);
    return !(per_vcpu >> virq & 1);
}

void virq_raise(struct vcpu *v, unsigned int virq)
{
    uint32_t port =
        __atomic_load_n(&v->evtchn.virq_port[virq], __ATOMIC_ACQUIRE);

    ASSERT(!virq_is_global(virq));
    if (port)
        event_set_pending(v->domain, v->id, port);
}

void virq_raise_global(unsigned int virq)
{
    struct vcpu *v = dom0 && dom0->max_vcpus ? dom0->vcpu[0] : NULL;
    uint32_t port;

    ASSERT(virq_is_global(virq));
    if (!v)
        return;
    port = __atomic_load_n(&v->evtchn.virq_port[virq], __ATOMIC_ACQUIRE);
    if (port)
        evtchn_raise(dom0, port);
}

int virq_bind(struct domain *d, unsigned int virq, unsigned int vcpu,
              unsigned int *port)
{
    struct evtchn *c;
    struct vcpu *v;
    int err = -EEXIST;

    if (virq >= NR_VIRQS)
        return -EINVAL;
    if (virq_is_global(virq) && vcpu != 0)
        return -EINVAL;
    if (vcpu >= d->max_vcpus || !d->vcpu[vcpu])
        return -ENOENT;

    v = d->vcpu[vcpu];
    lock_take(&d->evtchn.lock);
    if (v->evtchn.virq_port[virq])
        goto out;
    c = evtchn_alloc_locked(d, port, &err);
    if (!c)
        goto out;

    lock_take(&c->lock);
    c->virq = virq;
    c->vcpu = vcpu;
    c->state = ECS_VIRQ;
    lock_release(&c->lock);
    __atomic_store_n(&v->evtchn.virq_port[virq], *port, __ATOMIC_RELEASE);
    err = 0;
out:
    lock_release(&d->evtchn.lock);
    return err;
}

void virq_unbind(struct domain *d, const struct evtchn *c, unsigned int port)
{
    unsigned int id = virq_is_global(c->virq) ? 0 : c->vcpu;
    struct vcpu *v = d->vcpu[id];

    ASSERT(v && v->evtchn.virq_port[c->virq] == port);
    __atomic_store_n(&v->evtchn.virq_port[c->virq], 0, __ATOMIC_RELEASE);
}
