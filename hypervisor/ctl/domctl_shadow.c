/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domctl shadow_op: the dirty log of a domain in tracking mode. */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/track.h>
#include "local.h"

#define PAGES_PER_MIB 256U

static long op_off(struct domain *d, struct xen_domctl_shadow_op *op)
{
    (void)op;
    return track_disable(d);
}

static long op_enable_log(struct domain *d, struct xen_domctl_shadow_op *op)
{
    (void)op;
    return track_enable(d);
}

/* Shadows that do not log, or translate, are for others than PV guests. */
static long op_enable(struct domain *d, struct xen_domctl_shadow_op *op)
{
    if (op->mode != XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY)
        return -EINVAL;
    return track_enable(d);
}

static long op_log(struct domain *d, struct xen_domctl_shadow_op *op)
{
    if (op->mode & ~XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL)
        return -EINVAL;
    return track_log(d, op, op->op == XEN_DOMCTL_SHADOW_OP_CLEAN);
}

static long op_get_allocation(struct domain *d, struct xen_domctl_shadow_op *op)
{
    op->mb = DIV_UP(track_limit(d), PAGES_PER_MIB);
    return 0;
}

static long op_set_allocation(struct domain *d, struct xen_domctl_shadow_op *op)
{
    if (op->mb > UINT32_MAX / PAGES_PER_MIB)
        return -EINVAL;
    track_set_limit(d, op->mb * PAGES_PER_MIB);
    return 0;
}

static long (*const ops[])(struct domain *d,
                           struct xen_domctl_shadow_op *op) = {
    [XEN_DOMCTL_SHADOW_OP_OFF] = op_off,
    [XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY] = op_enable_log,
    [XEN_DOMCTL_SHADOW_OP_CLEAN] = op_log,
    [XEN_DOMCTL_SHADOW_OP_PEEK] = op_log,
    [XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION] = op_get_allocation,
    [XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION] = op_set_allocation,
    [XEN_DOMCTL_SHADOW_OP_ENABLE] = op_enable,
};

long domctl_shadow_op(struct domain *d, struct xen_domctl *c)
{
    uint32_t op = c->u.shadow_op.op;

    if (op >= ARRAY_SIZE(ops) || !ops[op])
        return -EINVAL;
    return ops[op](d, &c->u.shadow_op);
}
