/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_channel_op: one row for each operation. */
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/irq.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include "local.h"

union evtchn_arg {
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_pirq bind_pirq;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_close close;
    struct evtchn_send send;
    struct evtchn_status status;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_reset reset;
    struct evtchn_init_control init_control;
    struct evtchn_expand_array expand_array;
    struct evtchn_set_priority set_priority;
};

/*
 * The domain that @id names, with a reference, if @caller may act on it.
 * NULL with *@err -ESRCH or -EPERM.
 */
static struct domain *target_get(struct vcpu *caller, domid_t id, int *err)
{
    struct domain *d = domain_get_target(id);

    *err = -ESRCH;
    if (d && d != caller->domain && !vcpu_is_control(caller)) {
        domain_put(d);
        *err = -EPERM;
        d = NULL;
    }
    return d;
}

static long op_alloc_unbound(struct hcall *h, union evtchn_arg *a)
{
    domid_t remote = a->alloc_unbound.remote_dom;
    struct domain *d;
    int err;

    d = target_get(h->caller, a->alloc_unbound.dom, &err);
    if (!d)
        return err;
    if (remote == DOMID_SELF)
        remote = h->caller->domain->id;
    err = evtchn_alloc_unbound(d, remote);
    domain_put(d);
    if (err < 0)
        return err;

    a->alloc_unbound.port = err;
    return 0;
}

static long op_bind_interdomain(struct hcall *h, union evtchn_arg *a)
{
    struct evtchn_bind_interdomain *b = &a->bind_interdomain;
    struct domain *rd = domain_get_target(b->remote_dom);
    unsigned int port = 0;
    int err;

    if (!rd)
        return -ESRCH;
    err = evtchn_bind_interdomain(h->caller->domain, rd, b->remote_port, &port);
    domain_put(rd);
    b->local_port = port;

    return err;
}

static long op_bind_virq(struct hcall *h, union evtchn_arg *a)
{
    unsigned int port = 0;
    int err = virq_bind(h->caller->domain, a->bind_virq.virq, a->bind_virq.vcpu,
                        &port);

    a->bind_virq.port = port;
    return err;
}

/* The PIRQ may fire as soon as it is bound: the channel is ready by then. */
static long op_bind_pirq(struct hcall *h, union evtchn_arg *a)
{
    struct domain *d = h->caller->domain;
    struct evtchn *c;
    unsigned int port = 0;
    int err = 0;

    if (!d->pirq)
        return -EPERM;
    /* One domain has devices: there is nobody to share with. */
    if (a->bind_pirq.flags & ~BIND_PIRQ__WILL_SHARE)
        return -EINVAL;

    lock_take(&d->evtchn.lock);
    c = evtchn_alloc_locked(d, &port, &err);
    if (c) {
        lock_take(&c->lock);
        c->pirq = a->bind_pirq.pirq;
        c->state = ECS_PIRQ;
        lock_release(&c->lock);
        err = pirq_bind(d, a->bind_pirq.pirq, port);
        if (err)
            evtchn_free_locked(d, c, port);
    }
    lock_release(&d->evtchn.lock);
    a->bind_pirq.port = port;

    return err;
}

static long op_bind_ipi(struct hcall *h, union evtchn_arg *a)
{
    struct domain *d = h->caller->domain;
    unsigned int vcpu = a->bind_ipi.vcpu;
    struct evtchn *c;
    unsigned int port = 0;
    int err = 0;

    if (!evtchn_vcpu_of(d, vcpu))
        return -ENOENT;

    lock_take(&d->evtchn.lock);
    c = evtchn_alloc_locked(d, &port, &err);
    if (c) {
        lock_take(&c->lock);
        c->vcpu = vcpu;
        c->state = ECS_IPI;
        lock_release(&c->lock);
    }
    lock_release(&d->evtchn.lock);
    a->bind_ipi.port = port;

    return err;
}

static long op_close(struct hcall *h, union evtchn_arg *a)
{
    return evtchn_close(h->caller->domain, a->close.port);
}

static long op_send(struct hcall *h, union evtchn_arg *a)
{
    return evtchn_send(h->caller->domain, a->send.port);
}

/* What a channel is, in the ABI's words.  Lock: the channel's. */
static void describe_locked(const struct evtchn *c, struct evtchn_status *s)
{
    s->vcpu = c->vcpu;
    switch (c->state) {
    case ECS_FREE:
        s->status = EVTCHNSTAT_closed;
        break;
    case ECS_UNBOUND:
        s->status = EVTCHNSTAT_unbound;
        s->u.unbound.dom = c->remote;
        break;
    case ECS_INTERDOMAIN:
        s->status = EVTCHNSTAT_interdomain;
        s->u.interdomain.dom = c->peer->id;
        s->u.interdomain.port = c->peer_port;
        break;
    case ECS_PIRQ:
        s->status = EVTCHNSTAT_pirq;
        s->u.pirq = c->pirq;
        break;
    case ECS_VIRQ:
        s->status = EVTCHNSTAT_virq;
        s->u.virq = c->virq;
        break;
    case ECS_IPI:
        s->status = EVTCHNSTAT_ipi;
        break;
    }
}

static long op_status(struct hcall *h, union evtchn_arg *a)
{
    struct evtchn_status s;
    struct evtchn *c;
    struct domain *d;
    int err;

    d = target_get(h->caller, a->status.dom, &err);
    if (!d)
        return err;

    memset(&s, 0, sizeof(s));
    s.dom = a->status.dom;
    s.port = a->status.port;
    err = -EINVAL;
    lock_take(&d->evtchn.lock);
    c = evtchn_lookup(d, s.port);
    if (c) {
        lock_take(&c->lock);
        describe_locked(c, &s);
        lock_release(&c->lock);
        err = 0;
    }
    lock_release(&d->evtchn.lock);
    domain_put(d);
    a->status = s;

    return err;
}

/* Per-vCPU VIRQs and IPIs stay where they are. */
static bool may_move(const struct evtchn *c)
{
    switch (c->state) {
    case ECS_VIRQ:
        return virq_is_global(c->virq);
    case ECS_UNBOUND:
    case ECS_INTERDOMAIN:
    case ECS_PIRQ:
        return true;
    default:
        return false;
    }
}

static long op_bind_vcpu(struct hcall *h, union evtchn_arg *a)
{
    struct domain *d = h->caller->domain;
    unsigned int vcpu = a->bind_vcpu.vcpu;
    struct evtchn *c = evtchn_lookup(d, a->bind_vcpu.port);
    struct vcpu *v = evtchn_vcpu_of(d, vcpu);
    int err = -EINVAL;

    if (!v)
        return -ENOENT;
    if (!c)
        return -EINVAL;

    lock_take(&c->lock);
    if (may_move(c)) {
        __atomic_store_n(&c->vcpu, vcpu, __ATOMIC_RELAXED);
        if (c->state == ECS_PIRQ)
            pirq_move(d, c->pirq, v->sched.cpu);
        err = 0;
    }
    lock_release(&c->lock);

    return err;
}

static long op_unmask(struct hcall *h, union evtchn_arg *a)
{
    struct domain *d = h->caller->domain;
    struct evtchn *c = evtchn_lookup(d, a->unmask.port);
    bool is_pirq;
    uint32_t pirq;

    if (!c)
        return -EINVAL;

    lock_take(&c->lock);
    is_pirq = c->state == ECS_PIRQ;
    pirq = c->pirq;
    if (c->state != ECS_FREE)
        event_unmask(d, c, a->unmask.port);
    lock_release(&c->lock);
    /* A guest that does not know of EOIs ends the hold in this way. */
    if (is_pirq)
        pirq_eoi(d, pirq);

    return 0;
}

/* Another's vCPUs must not use the ports meanwhile. */
static long op_reset(struct hcall *h, union evtchn_arg *a)
{
    struct domain *d;
    int err;

    d = target_get(h->caller, a->reset.dom, &err);
    if (!d)
        return err;
    err = -EINVAL;
    if (d == h->caller->domain || d->controller_pauses)
        err = evtchn_reset(d);
    domain_put(d);

    return err;
}

static long op_init_control(struct hcall *h, union evtchn_arg *a)
{
    struct evtchn_init_control *i = &a->init_control;
    struct vcpu *v = evtchn_vcpu_of(h->caller->domain, i->vcpu);

    if (!v)
        return -ENOENT;
    i->link_bits = EVTCHN_FIFO_LINK_BITS;

    return fifo_init(v, i->control_gfn, i->offset);
}

static long op_expand_array(struct hcall *h, union evtchn_arg *a)
{
    return fifo_expand(h->caller->domain, a->expand_array.array_gfn);
}

/* It counts when the port is linked the next time. */
static long op_set_priority(struct hcall *h, union evtchn_arg *a)
{
    struct domain *d = h->caller->domain;
    struct evtchn *c = evtchn_lookup(d, a->set_priority.port);

    if (!c)
        return -EINVAL;
    if (!d->evtchn.fifo)
        return -ENOSYS;
    if (a->set_priority.priority > EVTCHN_FIFO_PRIORITY_MIN)
        return -EINVAL;
    __atomic_store_n(&c->priority, a->set_priority.priority, __ATOMIC_RELAXED);

    return 0;
}

// clang-format off
static const struct {
    long (*fn)(struct hcall *h, union evtchn_arg *a);
    uint8_t size;     /* of the argument */
    bool has_result;  /* copied back on success */
} ops[] = {
#define ROW(name, out) \
    [EVTCHNOP_##name] = { op_##name, sizeof(struct evtchn_##name), out }
    ROW(bind_interdomain, true),
    ROW(bind_virq,        true),
    ROW(bind_pirq,        true),
    ROW(close,            false),
    ROW(send,             false),
    ROW(status,           true),
    ROW(alloc_unbound,    true),
    ROW(bind_ipi,         true),
    ROW(bind_vcpu,        false),
    ROW(unmask,           false),
    ROW(reset,            false),
    ROW(init_control,     true),
    ROW(expand_array,     false),
    ROW(set_priority,     false),
#undef ROW
};
// clang-format on

/**
 * hc_event_channel_op - event_channel_op(cmd, arg)
 *
 * Returns: 0; -EINVAL a port that does not exist or has the wrong state;
 * -ENOENT no such vCPU; -ESRCH no such domain; -EPERM another domain, by
 * one without privilege; -EEXIST a VIRQ that is bound; -ENOSPC no port is
 * free; -EOPNOTSUPP words, -ENOSYS priorities without the FIFO ABI; -ERESTART
 * reset was preempted; -ENOSYS unknown operations.
 */
long hc_event_channel_op(struct hcall *h)
{
    unsigned long cmd = h->arg[0];
    const typeof(ops[0]) *op;
    union evtchn_arg a;
    long err;

    if (cmd >= ARRAY_SIZE(ops) || !ops[cmd].fn)
        return -ENOSYS;
    op = &ops[nospec_index(cmd, ARRAY_SIZE(ops))];
    if (copy_from_guest(&a, h->arg[1], op->size))
        return -EFAULT;

    err = op->fn(h, &a);

    if (!err && op->has_result)
        err = copy_to_guest(h->arg[1], &a, op->size);
    return err;
}
