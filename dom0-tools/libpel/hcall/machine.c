/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's CPUs and pools, and orders to its hypervisor. */
#include <errno.h>
#include <string.h>
#include <pel/cpumap.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include "local.h"

int pel_hc_topology(struct pel_ctx *ctx, struct pel_topology *out)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_cputopoinfo };
    struct xen_sysctl_cputopoinfo *info = &op.u.cputopoinfo;
    struct xen_sysctl_cputopo *raw;
    struct hbuf buf;
    int rc;

    memset(out, 0, sizeof(*out));
    rc = hbuf_get(ctx, PEL_CPUS_MAX * sizeof(*raw), NULL, &buf);
    if (rc)
        return rc;

    raw = buf.p;
    info->num_cpus = PEL_CPUS_MAX;
    set_xen_guest_handle_raw(info->cputopo, raw);
    rc = sysctl_or_fail(ctx, &op, "learn where the CPUs are");
    if (!rc)
        out->nr = info->num_cpus < PEL_CPUS_MAX ? info->num_cpus : PEL_CPUS_MAX;
    for (uint32_t i = 0; i < out->nr; i++)
        out->cpu[i] = (struct pel_cpu_place){
            .core = raw[i].core,
            .socket = raw[i].socket,
            .node = raw[i].node,
            .online = raw[i].core != XEN_INVALID_CORE_ID,
        };
    hbuf_put(&buf);
    return rc;
}

int pel_hc_pool(struct pel_ctx *ctx, uint32_t id,
                struct xen_sysctl_cpupool_op *out, struct pel_cpumap *cpus)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_cpupool_op };
    struct xen_sysctl_cpupool_op *pool = &op.u.cpupool_op;
    struct hbuf buf;
    int rc;

    memset(cpus, 0, sizeof(*cpus));
    rc = hbuf_get(ctx, sizeof(*cpus), NULL, &buf);
    if (rc)
        return rc;

    pool->op = XEN_SYSCTL_CPUPOOL_OP_INFO;
    pool->cpupool_id = id;
    pool->cpumap.nr_bits = PEL_CPUS_MAX;
    set_xen_guest_handle_raw(pool->cpumap.bitmap, (uint8_t *)buf.p);
    errno = 0;
    rc = sysctl_or_fail(ctx, &op, "look at the CPU pools");
    if (rc && errno == ENOENT) {
        pel_error_clear(ctx);
        rc = -PEL_ENOENT;
    }
    if (!rc) {
        *out = *pool;
        memcpy(cpus, buf.p, sizeof(*cpus));
    }
    hbuf_put(&buf);
    return rc;
}

int pel_hc_sched_ratelimit(struct pel_ctx *ctx, uint32_t pool,
                           const uint32_t *set, uint32_t *get)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_scheduler_op,
        .u.scheduler_op = { .cpupool_id = pool,
                            .sched_id = XEN_SCHEDULER_CREDIT2,
                            .cmd = XEN_SYSCTL_SCHEDOP_getinfo },
    };
    int rc = 0;

    if (set) {
        op.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
        op.u.scheduler_op.u.sched_credit2.ratelimit_us = *set;
    }
    rc = sysctl_or_fail(ctx, &op, "use the scheduler's settings");
    if (!rc && get)
        *get = op.u.scheduler_op.u.sched_credit2.ratelimit_us;
    return rc;
}

int pel_hc_debug_keys(struct pel_ctx *ctx, const char *keys)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_debug_keys };
    size_t len = strlen(keys);
    struct hbuf buf;
    int rc;

    rc = hbuf_get(ctx, len, keys, &buf);
    if (rc)
        return rc;

    op.u.debug_keys.nr_keys = len;
    set_xen_guest_handle_raw(op.u.debug_keys.keys, (char *)buf.p);
    rc = sysctl_or_fail(ctx, &op, "press debug keys");
    hbuf_put(&buf);
    return rc;
}
