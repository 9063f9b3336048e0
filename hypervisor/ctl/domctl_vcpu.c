/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domctl: the virtual processors of a domain. */
#include <hv/clock.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/heap.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include "local.h"

/* struct vcpu_guest_context is too large for hv_alloc() and the stack. */
#define CONTEXT_ORDER 1
static_assert(sizeof(struct vcpu_guest_context) <= PAGE_SIZE << CONTEXT_ORDER,
              "CONTEXT_ORDER");

/* The guest-visible modes; 3 is gone. */
#define TSC_MODE_DEFAULT 0
#define TSC_MODE_ALWAYS_EMULATE 1
#define TSC_MODE_NEVER_EMULATE 2

/* The number is fixed at creation; this makes the vCPUs. */
long domctl_max_vcpus(struct domain *d, struct xen_domctl *c)
{
    if (c->u.max_vcpus.max != d->max_vcpus || d->life >= LIFE_DYING)
        return -EINVAL;
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        int err = vcpu_create(d, i);

        if (err && err != -EEXIST)
            return err;
    }
    return 0;
}

long domctl_setvcpucontext(struct domain *d, struct xen_domctl *c)
{
    struct vcpu *v = vcpu_of(d, c->u.vcpucontext.vcpu);
    struct vcpu_guest_context *ctx;
    long err;

    if (!v || !c->u.vcpucontext.ctxt.p || d->life >= LIFE_DYING)
        return -EINVAL;
    ctx = heap_alloc(CONTEXT_ORDER);
    if (!ctx)
        return -ENOMEM;

    err = -EFAULT;
    if (!copy_from_guest(ctx, (unsigned long)c->u.vcpucontext.ctxt.p,
                         sizeof(*ctx))) {
        domain_pause(d);
        err = vcpu_set_context(v, ctx);
        if (!err) {
            v->sched.up = ctx->flags & VGCF_online;
            /* Builders clear shared_info after the domain was created. */
            wallclock_update(d);
        }
        domain_unpause(d);
    }
    heap_free(ctx, CONTEXT_ORDER);

    return err;
}

long domctl_getvcpucontext(struct domain *d, struct xen_domctl *c)
{
    struct vcpu *v = vcpu_of(d, c->u.vcpucontext.vcpu);
    struct vcpu_guest_context *ctx;
    long err;

    if (!v)
        return -EINVAL;
    if (!v->initialised)
        return -ENODATA;
    ctx = heap_alloc(CONTEXT_ORDER);
    if (!ctx)
        return -ENOMEM;

    domain_pause(d);
    vcpu_get_context(v, ctx);
    domain_unpause(d);
    err = copy_to_guest((unsigned long)c->u.vcpucontext.ctxt.p, ctx,
                        sizeof(*ctx));
    heap_free(ctx, CONTEXT_ORDER);

    return err;
}

/* Callbacks of 32-bit processes, which vcpu_guest_context has no room for. */
long domctl_set_ext_vcpucontext(struct domain *d, struct xen_domctl *c)
{
    const struct xen_domctl_ext_vcpucontext *e = &c->u.ext_vcpucontext;
    struct vcpu *v = vcpu_of(d, e->vcpu);

    if (!v)
        return -ESRCH;
    if (e->size < offsetof(typeof(*e), mcg_cap) ||
        !guest_range_ok(e->syscall32_callback_eip, 1) ||
        !guest_range_ok(e->sysenter_callback_eip, 1))
        return -EINVAL;

    domain_pause(d);
    v->syscall32_cb = (struct guest_callback){ e->syscall32_callback_eip,
                                               e->syscall32_disables_events };
    v->sysenter_cb = (struct guest_callback){ e->sysenter_callback_eip,
                                              e->sysenter_disables_events };
    domain_unpause(d);

    return 0;
}

long domctl_get_ext_vcpucontext(struct domain *d, struct xen_domctl *c)
{
    struct xen_domctl_ext_vcpucontext *e = &c->u.ext_vcpucontext;
    struct vcpu *v = vcpu_of(d, e->vcpu);
    uint32_t id = e->vcpu;

    if (!v)
        return -ESRCH;
    memset(e, 0, sizeof(*e));
    e->vcpu = id;
    e->size = sizeof(*e);
    e->syscall32_callback_eip = v->syscall32_cb.address;
    e->syscall32_disables_events = v->syscall32_cb.mask_events;
    e->sysenter_callback_eip = v->sysenter_cb.address;
    e->sysenter_disables_events = v->sysenter_cb.mask_events;

    return 0;
}

long domctl_getvcpuinfo(struct domain *d, struct xen_domctl *c)
{
    struct xen_domctl_getvcpuinfo *i = &c->u.getvcpuinfo;
    struct vcpu *v = vcpu_of(d, i->vcpu);
    struct vcpu_runstate_info r;

    if (!v)
        return i->vcpu < d->max_vcpus ? -ESRCH : -EINVAL;

    vcpu_get_runstate(v, &r);
    i->online = v->sched.up;
    i->blocked = v->sched.blocked;
    i->running = v->sched.running;
    i->cpu_time = r.time[RUNSTATE_running];
    i->cpu = v->sched.cpu;

    return 0;
}

/* One kind of affinity from the toolstack; NULL if it is not asked for. */
static long map_from_guest(const struct cpumask **map, struct cpumask *room,
                           const struct xenctl_bitmap *u_map, bool asked)
{
    *map = asked ? room : NULL;
    if (asked && bitmap_from_guest((uint8_t *)room, NR_CPUS, u_map))
        return -EFAULT;
    return 0;
}

static long map_to_guest(const struct xenctl_bitmap *u_map,
                         const struct cpumask *map, bool asked)
{
    if (!asked)
        return 0;
    return bitmap_to_guest(u_map, (const uint8_t *)map, NR_CPUS);
}

/* The maps come back as what of them is effective. */
long domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *c)
{
    const struct xen_domctl_vcpuaffinity *a = &c->u.vcpuaffinity;
    bool hard = a->flags & XEN_VCPUAFFINITY_HARD;
    bool soft = a->flags & XEN_VCPUAFFINITY_SOFT;
    struct vcpu *v = vcpu_of(d, a->vcpu);
    struct cpumask hard_room, soft_room;
    const struct cpumask *hard_map, *soft_map;
    long err;

    if (!(hard || soft) ||
        (a->flags & ~(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT |
                      XEN_VCPUAFFINITY_FORCE)))
        return -EINVAL;
    if (!v)
        return -ESRCH;
    err = map_from_guest(&hard_map, &hard_room, &a->cpumap_hard, hard);
    if (!err)
        err = map_from_guest(&soft_map, &soft_room, &a->cpumap_soft, soft);
    if (err)
        return err;

    err = vcpu_set_affinity(v, hard_map, soft_map);
    if (err)
        return err;

    vcpu_effective_affinity(v, &hard_room, &soft_room);
    err = map_to_guest(&a->cpumap_hard, &hard_room, hard);
    if (!err)
        err = map_to_guest(&a->cpumap_soft, &soft_room, soft);
    return err;
}

long domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *c)
{
    const struct xen_domctl_vcpuaffinity *a = &c->u.vcpuaffinity;
    const struct vcpu *v = vcpu_of(d, a->vcpu);
    long err;

    if (!v)
        return -ESRCH;
    err = map_to_guest(&a->cpumap_hard, &v->sched.hard_affinity,
                       a->flags & XEN_VCPUAFFINITY_HARD);
    if (!err)
        err = map_to_guest(&a->cpumap_soft, &v->sched.soft_affinity,
                           a->flags & XEN_VCPUAFFINITY_SOFT);
    return err;
}

/* Weight and cap, under the name of the scheduler that tools expect. */
long domctl_scheduler_op(struct domain *d, struct xen_domctl *c)
{
    struct xen_domctl_scheduler_op *op = &c->u.scheduler_op;

    if (op->sched_id != XEN_SCHEDULER_CREDIT2)
        return -EINVAL;
    switch (op->cmd) {
    case XEN_DOMCTL_SCHEDOP_getinfo:
        op->u.credit2.weight = d->sched.weight;
        op->u.credit2.cap = d->sched.cap;
        return 0;
    case XEN_DOMCTL_SCHEDOP_putinfo:
        sched_domain_set(d, op->u.credit2.weight, op->u.credit2.cap);
        return 0;
    default:
        return -EINVAL;
    }
}

/* Guests read the TSC itself: it is never emulated and runs at our speed. */
long domctl_settscinfo(struct domain *d, struct xen_domctl *c)
{
    const struct xen_domctl_tsc_info *t = &c->u.tsc_info;
    uint64_t diff =
        t->gtsc_khz > tsc_khz ? t->gtsc_khz - tsc_khz : tsc_khz - t->gtsc_khz;

    if (t->tsc_mode > TSC_MODE_NEVER_EMULATE)
        return -EINVAL;
    if (t->tsc_mode == TSC_MODE_ALWAYS_EMULATE)
        return -EOPNOTSUPP;
    if (t->tsc_mode == TSC_MODE_DEFAULT && t->gtsc_khz && diff > tsc_khz / 1000)
        return -EOPNOTSUPP;

    d->tsc_mode = t->tsc_mode;
    d->tsc_incarnation = t->incarnation;
    return 0;
}

long domctl_gettscinfo(struct domain *d, struct xen_domctl *c)
{
    struct xen_domctl_tsc_info *t = &c->u.tsc_info;

    memset(t, 0, sizeof(*t));
    t->tsc_mode = d->tsc_mode;
    t->gtsc_khz = tsc_khz;
    t->incarnation = d->tsc_incarnation;
    t->elapsed_nsec = now_ns();

    return 0;
}
