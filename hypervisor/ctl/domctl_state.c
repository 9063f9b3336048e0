/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: a vCPU's state beyond vcpu_guest_context, for saving and restoring:
 * the FPU's extended components, and model-specific registers.
 */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/fpu.h>
#include <hv/guest.h>
#include <hv/heap.h>
#include <hv/vcpu.h>
#include <x86/msr.h>
#include "local.h"

/* The state is moved through one page; components are limited by policy. */
#define STATE_MAX PAGE_SIZE
#define MSRS_MAX 64

static void stop(struct domain *d, struct vcpu *v)
{
    domain_pause(d);
    vcpu_unload(v);
}

/* Asked with nothing, it answers how much there is. */
long domctl_getvcpuextstate(struct domain *d, struct xen_domctl *c)
{
    struct xen_domctl_vcpuextstate *e = &c->u.vcpuextstate;
    uint64_t mask, size;
    struct vcpu *v = vcpu_of(d, e->vcpu);
    void *state;
    long err;

    if (!v)
        return -ESRCH;
    size = fpu_state_size(v, &mask);
    if ((!e->size && !e->xfeature_mask) || !e->buffer.p) {
        e->xfeature_mask = mask;
        e->size = size;
        return 0;
    }
    if (e->size != size || e->xfeature_mask != mask || size > STATE_MAX)
        return -EINVAL;
    if (!size)
        return 0;
    state = heap_alloc(0);
    if (!state)
        return -ENOMEM;

    stop(d, v);
    fpu_get_state(v, state);
    domain_unpause(d);
    err = copy_to_guest((unsigned long)e->buffer.p, state, size);
    heap_free(state, 0);

    return err;
}

long domctl_setvcpuextstate(struct domain *d, struct xen_domctl *c)
{
    const struct xen_domctl_vcpuextstate *e = &c->u.vcpuextstate;
    struct vcpu *v = vcpu_of(d, e->vcpu);
    uint64_t mask;
    void *state;
    long err;

    if (!v)
        return -ESRCH;
    if (e->size > fpu_state_size(v, &mask) || e->size > STATE_MAX)
        return -EINVAL;
    state = heap_alloc(0);
    if (!state)
        return -ENOMEM;

    err = -EFAULT;
    if (!copy_from_guest(state, (unsigned long)e->buffer.p, e->size)) {
        stop(d, v);
        err = fpu_set_state(v, state, e->size);
        domain_unpause(d);
    }
    heap_free(state, 0);

    return err;
}

/* No register of a guest has a value that has to be kept. */
long domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *c)
{
    if (!vcpu_of(d, c->u.vcpu_msrs.vcpu))
        return -ESRCH;
    c->u.vcpu_msrs.msr_count = 0;
    return 0;
}

/*
 * Others send registers as well that were zero: that is what they are here.
 * TSC_AUX is what Linux puts a vCPU's number into where it is shown RDTSCP;
 * here a write to it is ignored, the guest's own and so this one.
 */
long domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *c)
{
    struct xen_domctl_vcpu_msrs *m = &c->u.vcpu_msrs;
    uint32_t nr = m->msr_count;

    if (!vcpu_of(d, m->vcpu))
        return -ESRCH;
    if (nr > MSRS_MAX)
        return -EINVAL;
    for (m->msr_count = 0; m->msr_count < nr; m->msr_count++) {
        struct xen_domctl_vcpu_msr one;

        if (COPY_FROM_GUEST_IDX(&one, m->msrs.p, m->msr_count))
            return -EFAULT;
        if (one.reserved || (one.value && one.index != MSR_TSC_AUX))
            return -EINVAL;
    }
    return 0;
}
