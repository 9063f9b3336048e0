/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on one domain's vCPUs and on its share of the CPUs. */
#include <errno.h>
#include <string.h>
#include <pel/cpumap.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include "local.h"

int pel_hc_trigger(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                   uint32_t trigger)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_sendtrigger,
        .domain = domid,
        .u.sendtrigger = { .trigger = trigger, .vcpu = vcpu },
    };

    return domctl_or_fail(ctx, &op, "send a trigger to");
}

int pel_hc_vcpu_info(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                     struct xen_domctl_getvcpuinfo *out)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_getvcpuinfo,
        .domain = domid,
        .u.getvcpuinfo.vcpu = vcpu,
    };
    int rc = domctl_or_fail(ctx, &op, "look at a vCPU of");

    if (!rc)
        *out = op.u.getvcpuinfo;
    return rc;
}

/*
 * Both maps of an affinity call travel in one buffer, hard before soft; a
 * NULL map is not asked about.
 */
static int affinity(struct pel_ctx *ctx, struct xen_domctl *op,
                    struct pel_cpumap *hard, struct pel_cpumap *soft,
                    const char *what)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct pel_cpumap maps[2] = { { .bits = { 0 } } };
    struct hbuf buf;
    uint8_t *p;
    int rc;

    if (hard)
        maps[0] = *hard;
    if (soft)
        maps[1] = *soft;
    rc = hbuf_get(ctx, sizeof(maps), maps, &buf);
    if (rc)
        return rc;

    p = buf.p;
    a->flags =
        (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
    a->cpumap_hard.nr_bits = a->cpumap_soft.nr_bits = PEL_CPUS_MAX;
    set_xen_guest_handle_raw(a->cpumap_hard.bitmap, p);
    set_xen_guest_handle_raw(a->cpumap_soft.bitmap, p + sizeof(maps[0]));
    rc = domctl_or_fail(ctx, op, what);
    memcpy(maps, p, sizeof(maps));
    if (!rc && hard)
        *hard = maps[0];
    if (!rc && soft)
        *soft = maps[1];
    hbuf_put(&buf);
    return rc;
}

int pel_hc_get_affinity(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                        struct pel_cpumap *hard, struct pel_cpumap *soft)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_getvcpuaffinity,
        .domain = domid,
        .u.vcpuaffinity.vcpu = vcpu,
    };

    return affinity(ctx, &op, hard, soft, "read the affinity of");
}

int pel_hc_set_affinity(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                        struct pel_cpumap *hard, struct pel_cpumap *soft)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_setvcpuaffinity,
        .domain = domid,
        .u.vcpuaffinity.vcpu = vcpu,
    };

    return affinity(ctx, &op, hard, soft,
                    "set the affinity (is any of the CPUs there?) of");
}

int pel_hc_get_sched(struct pel_ctx *ctx, uint32_t domid,
                     struct xen_domctl_sched_credit2 *out)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_scheduler_op,
        .domain = domid,
        .u.scheduler_op = { .sched_id = XEN_SCHEDULER_CREDIT2,
                            .cmd = XEN_DOMCTL_SCHEDOP_getinfo },
    };
    int rc = domctl_or_fail(ctx, &op, "read the share of");

    if (!rc)
        *out = op.u.scheduler_op.u.credit2;
    return rc;
}

int pel_hc_set_sched(struct pel_ctx *ctx, uint32_t domid,
                     const struct xen_domctl_sched_credit2 *how)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_scheduler_op,
        .domain = domid,
        .u.scheduler_op = { .sched_id = XEN_SCHEDULER_CREDIT2,
                            .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
                            .u.credit2 = *how },
    };

    return domctl_or_fail(ctx, &op, "set the share of");
}
