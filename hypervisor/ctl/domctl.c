/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: the control domain's operations on one domain; this file holds
 * the table and the life cycle.
 */
#include <hv/clock.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/list.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include "local.h"

#define PAUSES_MAX 255

static long op_createdomain(struct domain *d, struct xen_domctl *c)
{
    domid_t id = c->domain;
    long err;

    /* 0 is dom0's: like anything that is no id it means "you choose". */
    if (id == 0 || id >= DOMID_FIRST_RESERVED)
        id = DOMID_INVALID;
    err = domain_create(id, &c->u.createdomain, false, &d);
    if (!err)
        c->domain = d->id;

    return err;
}

static long op_destroydomain(struct domain *d, struct xen_domctl *c)
{
    (void)c;
    if (d->hardware)
        return -EINVAL;
    return domain_kill(d);
}

static long op_pausedomain(struct domain *d, struct xen_domctl *c)
{
    (void)c;
    if (d->controller_pauses >= PAUSES_MAX)
        return -EBUSY;

    d->controller_pauses++;
    domain_pause(d);

    return 0;
}

static long op_unpausedomain(struct domain *d, struct xen_domctl *c)
{
    (void)c;
    if (!d->controller_pauses)
        return -EINVAL;

    d->controller_pauses--;
    domain_unpause(d);

    return 0;
}

static long op_resumedomain(struct domain *d, struct xen_domctl *c)
{
    (void)c;
    domain_resume(d);

    return 0;
}

/* Blocked only if all are, running if one is, as toolstacks show it. */
static void vcpus_info(const struct domain *d,
                       struct xen_domctl_getdomaininfo *i)
{
    uint32_t flags = XEN_DOMINF_blocked;
    struct vcpu_runstate_info r;

    i->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    for_each_vcpu (v, d) {
        vcpu_get_runstate(v, &r);
        i->cpu_time += r.time[RUNSTATE_running];
        i->max_vcpu_id = v->id;
        if (!v->sched.up)
            continue;
        i->nr_online_vcpus++;
        if (!v->sched.blocked)
            flags &= ~XEN_DOMINF_blocked;
        if (v->sched.running)
            flags |= XEN_DOMINF_running;
    }
    if (i->nr_online_vcpus)
        i->flags |= flags;
}

void domain_info(const struct domain *d, struct xen_domctl_getdomaininfo *i)
{
    uint32_t r[4];

    memset(i, 0, sizeof(*i));
    i->domain = d->id;
    vcpus_info(d, i);
    if (d->life == LIFE_DEAD)
        i->flags |= XEN_DOMINF_dying;
    if (d->shutdown_told)
        i->flags |= XEN_DOMINF_shutdown | (uint32_t)d->shutdown_code
                                              << XEN_DOMINF_shutdownshift;
    if (d->controller_pauses)
        i->flags |= XEN_DOMINF_paused;
    i->tot_pages = d->tot_pages;
    i->max_pages = d->max_pages;
    i->outstanding_pages = d->claimed_pages;
    i->shared_info_frame = mfn_x(d->shared_mfn);
    i->ssidref = d->ssidref;
    memcpy(i->handle, d->handle, sizeof(i->handle));
    cpuid(0x80000008, 0, r);
    i->gpaddr_bits = r[0];
}

/* The first domain from this id on; its id is returned as well. */
static long op_getdomaininfo(struct domain *d, struct xen_domctl *c)
{
    long err = -ESRCH;

    (void)d;
    if (c->domain >= DOMID_FIRST_RESERVED)
        return -EINVAL;

    lock_take(&domain_list_lock);
    for_each_domain (each) {
        if (each->id < c->domain)
            continue;
        domain_info(each, &c->u.getdomaininfo);
        c->domain = each->id;
        err = 0;
        break;
    }
    lock_release(&domain_list_lock);

    return err;
}

static long op_setdomainhandle(struct domain *d, struct xen_domctl *c)
{
    memcpy(d->handle, c->u.setdomainhandle.handle, sizeof(d->handle));
    return 0;
}

static long op_settimeoffset(struct domain *d, struct xen_domctl *c)
{
    d->time_offset_s = c->u.settimeoffset.time_offset_seconds;
    wallclock_update(d);
    return 0;
}

/* Kernels of 64 bits only. */
static long op_set_address_size(struct domain *d, struct xen_domctl *c)
{
    (void)d;
    if (c->u.address_size.size == 64)
        return 0;
    return c->u.address_size.size == 32 ? -EOPNOTSUPP : -EINVAL;
}

static long op_get_address_size(struct domain *d, struct xen_domctl *c)
{
    c->u.address_size.size = d->address_size;
    return 0;
}

/* Known, but not offered: tools take this error for "this host cannot". */
static long op_unsupported(struct domain *d, struct xen_domctl *c)
{
    (void)d;
    (void)c;
    return -EOPNOTSUPP;
}

enum {
    NO_DOMAIN = 1, /* @domain need not exist: the handler gets NULL */
    RESULT = 2,    /* the structure is copied back on success */
    OTHERS = 4,    /* -EINVAL for the caller's own domain */
};

// clang-format off
static const struct {
    domctl_fn *fn;
    uint8_t flags;
} ops[] = {
    [XEN_DOMCTL_createdomain]        = { op_createdomain,            NO_DOMAIN | RESULT },
    [XEN_DOMCTL_destroydomain]       = { op_destroydomain,           OTHERS },
    [XEN_DOMCTL_pausedomain]         = { op_pausedomain,             OTHERS },
    [XEN_DOMCTL_unpausedomain]       = { op_unpausedomain,           0 },
    [XEN_DOMCTL_getdomaininfo]       = { op_getdomaininfo,           NO_DOMAIN | RESULT },
    [XEN_DOMCTL_setvcpuaffinity]     = { domctl_setvcpuaffinity,     0 },
    [XEN_DOMCTL_shadow_op]           = { domctl_shadow_op,           RESULT },
    [XEN_DOMCTL_max_mem]             = { domctl_max_mem,             0 },
    [XEN_DOMCTL_setvcpucontext]      = { domctl_setvcpucontext,      OTHERS },
    [XEN_DOMCTL_getvcpucontext]      = { domctl_getvcpucontext,      OTHERS },
    [XEN_DOMCTL_getvcpuinfo]         = { domctl_getvcpuinfo,         RESULT },
    [XEN_DOMCTL_max_vcpus]           = { domctl_max_vcpus,           0 },
    [XEN_DOMCTL_scheduler_op]        = { domctl_scheduler_op,        RESULT },
    [XEN_DOMCTL_setdomainhandle]     = { op_setdomainhandle,         0 },
    [XEN_DOMCTL_setdebugging]        = { op_unsupported,             0 },
    [XEN_DOMCTL_irq_permission]      = { domctl_irq_permission,      0 },
    [XEN_DOMCTL_iomem_permission]    = { domctl_iomem_permission,    0 },
    [XEN_DOMCTL_ioport_permission]   = { domctl_ioport_permission,   0 },
    [XEN_DOMCTL_hypercall_init]      = { domctl_hypercall_init,      0 },
    [XEN_DOMCTL_settimeoffset]       = { op_settimeoffset,           0 },
    [XEN_DOMCTL_getvcpuaffinity]     = { domctl_getvcpuaffinity,     0 },
    [XEN_DOMCTL_resumedomain]        = { op_resumedomain,            OTHERS },
    [XEN_DOMCTL_sendtrigger]         = { op_unsupported,             0 },
    [XEN_DOMCTL_subscribe]           = { op_unsupported,             0 },
    [XEN_DOMCTL_set_address_size]    = { op_set_address_size,        0 },
    [XEN_DOMCTL_get_address_size]    = { op_get_address_size,        RESULT },
    [XEN_DOMCTL_assign_device]       = { op_unsupported,             0 },
    [XEN_DOMCTL_test_assign_device]  = { op_unsupported,             NO_DOMAIN },
    [XEN_DOMCTL_deassign_device]     = { op_unsupported,             0 },
    [XEN_DOMCTL_get_device_group]    = { op_unsupported,             0 },
    [XEN_DOMCTL_memory_mapping]      = { op_unsupported,             0 },
    [XEN_DOMCTL_ioport_mapping]      = { op_unsupported,             0 },
    [XEN_DOMCTL_set_ext_vcpucontext] = { domctl_set_ext_vcpucontext, OTHERS },
    [XEN_DOMCTL_get_ext_vcpucontext] = { domctl_get_ext_vcpucontext, RESULT },
    [XEN_DOMCTL_set_target]          = { op_unsupported,             0 },
    [XEN_DOMCTL_gettscinfo]          = { domctl_gettscinfo,          RESULT },
    [XEN_DOMCTL_settscinfo]          = { domctl_settscinfo,          OTHERS },
    [XEN_DOMCTL_getpageframeinfo3]   = { domctl_getpageframeinfo3,   0 },
    [XEN_DOMCTL_setvcpuextstate]     = { domctl_setvcpuextstate,     OTHERS },
    [XEN_DOMCTL_getvcpuextstate]     = { domctl_getvcpuextstate,     OTHERS | RESULT },
    [XEN_DOMCTL_get_vcpu_msrs]       = { domctl_get_vcpu_msrs,       OTHERS | RESULT },
    [XEN_DOMCTL_set_vcpu_msrs]       = { domctl_set_vcpu_msrs,       OTHERS | RESULT },
    [XEN_DOMCTL_set_virq_handler]    = { op_unsupported,             0 },
    [XEN_DOMCTL_setnodeaffinity]     = { domctl_setnodeaffinity,     0 },
    [XEN_DOMCTL_getnodeaffinity]     = { domctl_getnodeaffinity,     0 },
    [XEN_DOMCTL_setvnumainfo]        = { op_unsupported,             0 },
    [XEN_DOMCTL_soft_reset]          = { op_unsupported,             0 },
    [XEN_DOMCTL_get_cpu_policy]      = { domctl_get_cpu_policy,      RESULT },
    [XEN_DOMCTL_set_cpu_policy]      = { domctl_set_cpu_policy,      OTHERS | RESULT },
};
// clang-format on

static long dispatch(struct hcall *h)
{
    unsigned long u = h->arg[0];
    struct domain *d = NULL;
    struct xen_domctl c;
    long err;

    if (copy_from_guest(&c, u, sizeof(c)))
        return -EFAULT;
    if (c.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return -EACCES;
    if (c.cmd >= ARRAY_SIZE(ops) || !ops[c.cmd].fn)
        return -ENOSYS;
    if (!(ops[c.cmd].flags & NO_DOMAIN)) {
        d = domain_get_target(c.domain);
        if (!d)
            return -ESRCH;
    }

    err = -EINVAL;
    if (!(ops[c.cmd].flags & OTHERS) || d != h->caller->domain)
        err = ops[c.cmd].fn(d, &c);

    if (!err && (ops[c.cmd].flags & RESULT) && copy_to_guest(u, &c, sizeof(c)))
        err = -EFAULT;
    if (d)
        domain_put(d);
    return err;
}

/**
 * hc_domctl - domctl(struct xen_domctl *), control domain only
 *
 * Returns: what the operation says; -EACCES interface version; -ESRCH no
 * such domain; -EFAULT; -ENOSYS unknown; -EOPNOTSUPP known, not offered;
 * -ERESTART a long one wants to go on, or another one is under way.
 */
long hc_domctl(struct hcall *h)
{
    static bool busy; /* the handlers count on being alone */
    long err;

    if (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE))
        return -ERESTART;
    err = dispatch(h);
    __atomic_store_n(&busy, false, __ATOMIC_RELEASE);
    return err;
}
