/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vcpu_op: a guest brings up its processors, registers areas, sets timers. */
#include <hv/clock.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/heap.h>
#include <hv/nospec.h>
#include <hv/string.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <xen/sched.h>

#define CONTEXT_ORDER 1
static_assert(sizeof(struct vcpu_guest_context) <= PAGE_SIZE << CONTEXT_ORDER,
              "CONTEXT_ORDER");

/*
 * -EEXIST: it has a context already.  The flag keeps a second caller from
 * changing the tables of one that the first has brought up meanwhile; who finds
 * it set asks again, since checking the tables may take long.
 */
static long op_initialise(struct vcpu *v, unsigned long u_arg)
{
    struct vcpu_guest_context *c;
    long err;

    c = heap_alloc(CONTEXT_ORDER);
    if (!c)
        return -ENOMEM;
    err = copy_from_guest(c, u_arg, sizeof(*c));
    if (!err && __atomic_exchange_n(&v->starting, true, __ATOMIC_ACQUIRE)) {
        err = -ERESTART;
    } else if (!err) {
        err = v->initialised ? -EEXIST : vcpu_set_context(v, c);
        __atomic_store_n(&v->starting, false, __ATOMIC_RELEASE);
    }
    heap_free(c, CONTEXT_ORDER);
    return err;
}

static long op_up(struct vcpu *v, unsigned long u_arg)
{
    (void)u_arg;
    if (!v->initialised)
        return -EINVAL;
    v->sched.up = true;
    vcpu_wake(v);
    return 0;
}

/* It may go on for a moment: op_is_up() tells when it does not.
 * A guest whose last vCPU goes down has switched itself off. */
static long op_down(struct vcpu *v, unsigned long u_arg)
{
    struct domain *d = v->domain;

    (void)u_arg;
    v->sched.up = false;
    vcpu_sleep(v);
    for_each_vcpu (other, d)
        if (other->sched.up)
            return 0;
    domain_shutdown(d, SHUTDOWN_poweroff);
    return 0;
}

static long op_is_up(struct vcpu *v, unsigned long u_arg)
{
    (void)u_arg;
    return v->sched.up || __atomic_load_n(&v->sched.running, __ATOMIC_ACQUIRE);
}

static long op_get_runstate(struct vcpu *v, unsigned long u_arg)
{
    struct vcpu_runstate_info r;

    vcpu_get_runstate(v, &r);
    return copy_to_guest(u_arg, &r, sizeof(r));
}

/* The area is a kernel address; it is written at every change from now on. */
static long op_register_runstate(struct vcpu *v, unsigned long u_arg)
{
    struct vcpu_register_runstate_memory_area area;
    struct vcpu_runstate_info r;

    if (copy_from_guest(&area, u_arg, sizeof(area)))
        return -EFAULT;
    if (!guest_range_ok(area.addr.p, sizeof(r)))
        return -EFAULT;
    v->u_runstate = area.addr.v;
    vcpu_get_runstate(v, &r);
    copy_to_guest(area.addr.p, &r, sizeof(r));
    return 0;
}

#define PERIOD_MIN_NS 1000000ULL
/* The sum with the present must not wrap, or the timer never rests. */
#define PERIOD_MAX_NS (1ULL << 62)

static long op_set_periodic(struct vcpu *v, unsigned long u_arg)
{
    struct vcpu_set_periodic_timer t;

    if (copy_from_guest(&t, u_arg, sizeof(t)))
        return -EFAULT;
    if (t.period_ns < PERIOD_MIN_NS || t.period_ns > PERIOD_MAX_NS)
        return -EINVAL;
    v->periodic_ns = t.period_ns;
    timer_set(&v->periodic, now_ns() + t.period_ns);
    return 0;
}

static long op_stop_periodic(struct vcpu *v, unsigned long u_arg)
{
    (void)u_arg;
    timer_stop(&v->periodic);
    return 0;
}

/* Timers are a vCPU's own: -EINVAL for another's. */
static long op_set_singleshot(struct vcpu *v, unsigned long u_arg)
{
    struct vcpu_set_singleshot_timer t;

    if (v != current_vcpu())
        return -EINVAL;
    if (copy_from_guest(&t, u_arg, sizeof(t)))
        return -EFAULT;
    if ((t.flags & VCPU_SSHOTTMR_future) && t.timeout_abs_ns < now_ns())
        return -ETIME;
    timer_set(&v->singleshot, t.timeout_abs_ns);
    return 0;
}

static long op_stop_singleshot(struct vcpu *v, unsigned long u_arg)
{
    (void)u_arg;
    if (v != current_vcpu())
        return -EINVAL;
    timer_stop(&v->singleshot);
    return 0;
}

/*
 * Move vcpu_info to a page of the guest's choice, once.  Every port is
 * marked pending there, so that no event is lost in the move.  Lock: the
 * domain's, as two may ask at once.
 */
static long register_info_locked(struct vcpu *v,
                                 struct vcpu_register_vcpu_info reg)
{
    struct vcpu_info *to;

    if (v->info_registered || reg.offset > PAGE_SIZE - sizeof(*to) ||
        reg.offset % 8)
        return -EINVAL;
    if (frame_get_with_type(mfn(reg.mfn), v->domain, PT_WRITABLE))
        return -EINVAL;

    to = (void *)((char *)mfn_to_virt(mfn(reg.mfn)) + reg.offset);
    memcpy(to, v->info, sizeof(*to));
    v->info = to;
    v->info_mfn = mfn(reg.mfn);
    v->info_registered = true;
    __atomic_store_n(&to->evtchn_pending_sel, ~0UL, __ATOMIC_RELAXED);
    __atomic_store_n(&to->evtchn_upcall_pending, 1, __ATOMIC_RELEASE);
    guest_time_update(v);
    return 0;
}

static long op_register_info(struct vcpu *v, unsigned long u_arg)
{
    struct vcpu_register_vcpu_info reg;
    long err;

    if (copy_from_guest(&reg, u_arg, sizeof(reg)))
        return -EFAULT;
    lock_take(&v->domain->lock);
    err = register_info_locked(v, reg);
    lock_release(&v->domain->lock);
    return err;
}

static long op_send_nmi(struct vcpu *v, unsigned long u_arg)
{
    return u_arg ? -EINVAL : vcpu_nmi(v);
}

/* Only a vCPU pinned by the toolstack has a physical identity. */
static long op_get_physid(struct vcpu *v, unsigned long u_arg)
{
    (void)v;
    (void)u_arg;
    return -EINVAL;
}

static long op_register_time(struct vcpu *v, unsigned long u_arg)
{
    struct vcpu_register_time_memory_area area;

    if (copy_from_guest(&area, u_arg, sizeof(area)))
        return -EFAULT;
    if (!guest_range_ok(area.addr.p, sizeof(struct vcpu_time_info)))
        return -EFAULT;
    v->u_time_area = area.addr.v;
    v->time_area_done = NULL;
    guest_time_update(v);
    return 0;
}

static long (*const ops[])(struct vcpu *v, unsigned long u_arg) = {
    [VCPUOP_initialise] = op_initialise,
    [VCPUOP_up] = op_up,
    [VCPUOP_down] = op_down,
    [VCPUOP_is_up] = op_is_up,
    [VCPUOP_get_runstate_info] = op_get_runstate,
    [VCPUOP_register_runstate_memory_area] = op_register_runstate,
    [VCPUOP_set_periodic_timer] = op_set_periodic,
    [VCPUOP_stop_periodic_timer] = op_stop_periodic,
    [VCPUOP_set_singleshot_timer] = op_set_singleshot,
    [VCPUOP_stop_singleshot_timer] = op_stop_singleshot,
    [VCPUOP_register_vcpu_info] = op_register_info,
    [VCPUOP_send_nmi] = op_send_nmi,
    [VCPUOP_get_physid] = op_get_physid,
    [VCPUOP_register_vcpu_time_memory_area] = op_register_time,
};

/* arg: VCPUOP_*, vCPU id, pointer.  -ENOENT: no such vCPU. */
long hc_vcpu_op(struct hcall *h)
{
    struct domain *d = h->caller->domain;
    unsigned long cmd, id = h->arg[1];

    if (id >= d->max_vcpus)
        return -ENOENT;
    id = nospec_index(id, d->max_vcpus);
    if (!d->vcpu[id])
        return -ENOENT;
    cmd = nospec_index(h->arg[0], ARRAY_SIZE(ops));
    if (h->arg[0] >= ARRAY_SIZE(ops) || !ops[cmd])
        return -ENOSYS;
    return ops[cmd](d->vcpu[id], h->arg[2]);
}
