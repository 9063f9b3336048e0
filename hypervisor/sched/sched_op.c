/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sched_op and set_timer_op: a vCPU gives up its CPU, or ends its domain. */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/nospec.h>
#include <hv/sched.h>
#include <hv/timer.h>
#include <hv/vcpu.h>
#include <xen/sched.h>

#define POLL_PORTS_MAX 128

union sched_arg {
    struct sched_shutdown shutdown;
    struct sched_poll poll;
    struct sched_remote_shutdown remote;
};

static long op_yield(struct hcall *h, const union sched_arg *a)
{
    (void)a;
    h->caller->sched.yielded = true;
    work_raise(this_cpu(), WORK_SCHED);

    return 0;
}

/* After `blocked' is visible: is there a reason not to sleep? */
static bool wanted(struct vcpu *v)
{
    return vcpu_event_deliverable(v->info) ||
           __atomic_load_n(&v->nmi_pending, __ATOMIC_SEQ_CST);
}

/*
 * Events are unmasked first, and looked at only after `blocked' is visible:
 * whoever sends one either is seen here, or sees the vCPU blocked.
 */
static long op_block(struct hcall *h, const union sched_arg *a)
{
    struct vcpu *v = h->caller;

    (void)a;
    if (v->evtchn.polling)
        evtchn_poll_end(v); /* an earlier one, which somebody has ended */
    __atomic_store_n(&v->info->evtchn_upcall_mask, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&v->sched.blocked, true, __ATOMIC_SEQ_CST);
    if (wanted(v))
        __atomic_store_n(&v->sched.blocked, false, __ATOMIC_RELAXED);
    else
        vcpu_sleep(v);

    return 0;
}

static long op_shutdown(struct hcall *h, const union sched_arg *a)
{
    if (a->shutdown.reason > SHUTDOWN_MAX)
        return -EINVAL;

    domain_shutdown(h->caller->domain, a->shutdown.reason);

    return 0;
}

/* Is one of the ports pending?  1, 0, or an error of the list. */
static long poll_ports(struct vcpu *v, const struct sched_poll *p,
                       evtchn_port_t *only)
{
    for (unsigned int i = 0; i < p->nr_ports; i++) {
        evtchn_port_t port;
        int pending;

        if (COPY_FROM_GUEST_IDX(&port, p->ports.p, i))
            return -EFAULT;
        pending = evtchn_port_pending(v->domain, port);
        if (pending)
            return pending;
        *only = port;
    }
    return 0;
}

static long op_poll(struct hcall *h, const union sched_arg *a)
{
    struct vcpu *v = h->caller;
    evtchn_port_t port = 0;
    long rc;

    if (a->poll.nr_ports > POLL_PORTS_MAX)
        return -EINVAL;

    /* From here on a sender wakes us up: look at the ports afterwards. */
    evtchn_poll_begin(v, EVTCHN_POLL_ANY);
    __atomic_store_n(&v->sched.blocked, true, __ATOMIC_SEQ_CST);
    rc = wanted(v) ? 1 : poll_ports(v, &a->poll, &port);
    if (rc) {
        __atomic_store_n(&v->sched.blocked, false, __ATOMIC_RELAXED);
        evtchn_poll_end(v);
        return rc < 0 ? rc : 0;
    }

    if (a->poll.nr_ports == 1)
        evtchn_poll_begin(v, port);
    if (a->poll.timeout)
        timer_set(&v->sched.poll_timer, a->poll.timeout);
    else if (v->sched.poll_timer.armed)
        timer_stop(&v->sched.poll_timer);
    vcpu_sleep(v);

    return 0;
}

static long op_remote_shutdown(struct hcall *h, const union sched_arg *a)
{
    struct domain *d;

    if (!vcpu_is_control(h->caller))
        return -EPERM;
    if (a->remote.reason > SHUTDOWN_MAX)
        return -EINVAL;
    d = domain_get_by_id(a->remote.domain_id);
    if (!d)
        return -ESRCH;

    domain_shutdown(d, a->remote.reason);
    domain_put(d);

    return 0;
}

/* For the hardware domain's BIOS calls; Linux goes on without. */
static long op_pin_override(struct hcall *h, const union sched_arg *a)
{
    (void)a;
    return h->caller->domain->hardware ? -ENOSYS : -EPERM;
}

// clang-format off
static const struct {
    long (*fn)(struct hcall *h, const union sched_arg *a);
    unsigned int size; /* of the argument */
} ops[] = {
    [SCHEDOP_yield]           = { op_yield,           0 },
    [SCHEDOP_block]           = { op_block,           0 },
    [SCHEDOP_shutdown]        = { op_shutdown,        sizeof(struct sched_shutdown) },
    [SCHEDOP_poll]            = { op_poll,            sizeof(struct sched_poll) },
    [SCHEDOP_remote_shutdown] = { op_remote_shutdown, sizeof(struct sched_remote_shutdown) },
    [SCHEDOP_pin_override]    = { op_pin_override,    0 },
};
// clang-format on

/**
 * hc_sched_op - sched_op(cmd, arg)
 *
 * Returns: 0; -EPERM remote_shutdown by a guest; -ESRCH no such domain;
 * -EINVAL a reason or port that does not exist, or too many ports; -ENOSYS
 * shutdown_code, watchdog and unknown operations.
 */
long hc_sched_op(struct hcall *h)
{
    unsigned long cmd = nospec_index(h->arg[0], ARRAY_SIZE(ops));
    union sched_arg a;

    if (h->arg[0] >= ARRAY_SIZE(ops) || !ops[cmd].fn)
        return -ENOSYS;
    if (ops[cmd].size && copy_from_guest(&a, h->arg[1], ops[cmd].size))
        return -EFAULT;

    return ops[cmd].fn(h, &a);
}

/**
 * hc_sched_op_compat - the first form of the call, which old kernels use
 *
 * The argument of shutdown is the reason itself.  Returns: as hc_sched_op();
 * -ENOSYS for all that this form does not have.
 */
long hc_sched_op_compat(struct hcall *h)
{
    union sched_arg a = { .shutdown = { .reason = h->arg[1] } };

    if (h->arg[0] > SCHEDOP_shutdown)
        return -ENOSYS;

    return ops[nospec_index(h->arg[0], SCHEDOP_shutdown + 1)].fn(h, &a);
}

/**
 * hc_set_timer_op - set_timer_op(deadline): VIRQ_TIMER at that system time
 *
 * Replaces an earlier one; 0 stops it; a deadline in the past fires at once.
 * Returns 0.
 */
long hc_set_timer_op(struct hcall *h)
{
    struct vcpu *v = h->caller;

    if (h->arg[0])
        timer_set(&v->singleshot, h->arg[0]);
    else
        timer_stop(&v->singleshot);

    return 0;
}
