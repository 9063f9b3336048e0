/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual interrupts.  Some belong to each vCPU, the others are bound once
 * for the domain and kept with its vCPU 0.  Who raises one finds the port in
 * one word, which may have been closed by then: its channel knows.
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

/* Raise what is kept with @v. */
static void raise(struct vcpu *v, unsigned int virq)
{
    uint32_t port =
        __atomic_load_n(&v->evtchn.virq_port[virq], __ATOMIC_ACQUIRE);
    struct evtchn *c = evtchn_lookup(v->domain, port);

    if (!c)
        return;
    lock_take(&c->lock);
    if (c->state == ECS_VIRQ && c->virq == virq)
        event_set_pending(v->domain, c, port);
    lock_release(&c->lock);
}

void virq_raise(struct vcpu *v, unsigned int virq)
{
    ASSERT(!virq_is_global(virq));
    raise(v, virq);
}

void virq_raise_global(unsigned int virq)
{
    struct vcpu *v = dom0 && dom0->max_vcpus ? dom0->vcpu[0] : NULL;

    ASSERT(virq_is_global(virq));
    if (v)
        raise(v, virq);
}

int virq_bind(struct domain *d, unsigned int virq, unsigned int vcpu,
              unsigned int *port)
{
    struct evtchn *c;
    struct vcpu *v;
    int err = -EEXIST;

    if (virq >= NR_VIRQS)
        return -EINVAL;
    virq = nospec_index(virq, NR_VIRQS);
    if (virq_is_global(virq) && vcpu != 0)
        return -EINVAL;
    v = evtchn_vcpu_of(d, vcpu);
    if (!v)
        return -ENOENT;

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
