/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPUs: their places, and how many a guest uses. */
#include <stdio.h>
#include <stdlib.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include <pel/vcpus.h>

static int get_one(struct pel_ctx *ctx, uint32_t domid, uint32_t id,
                   struct pel_vcpuinfo *v)
{
    struct xen_domctl_getvcpuinfo raw;
    int rc = pel_hc_vcpu_info(ctx, domid, id, &raw);

    if (rc)
        return rc;
    v->id = id;
    v->online = raw.online;
    v->blocked = raw.blocked;
    v->running = raw.running;
    v->cpu = raw.cpu;
    v->cpu_time_ns = raw.cpu_time;
    return pel_hc_get_affinity(ctx, domid, id, &v->hard, &v->soft);
}

int pel_vcpus_list(struct pel_ctx *ctx, uint32_t domid,
                   struct pel_vcpuinfo **out, size_t *nr)
{
    struct pel_dominfo info;
    int rc = pel_domain_get(ctx, domid, &info);

    *out = NULL;
    *nr = 0;
    if (rc)
        return rc;
    *out = calloc(info.nr_vcpus + 1, sizeof(**out));
    if (!*out)
        return pel_fail_oom(ctx);
    while (!rc && *nr < info.nr_vcpus) {
        rc = get_one(ctx, domid, *nr, &(*out)[*nr]);
        if (!rc)
            (*nr)++;
    }
    if (rc) {
        free(*out);
        *out = NULL;
        *nr = 0;
    }
    return rc;
}

static int require_some(struct pel_ctx *ctx, const char *which,
                        const struct pel_cpumap *m)
{
    if (!m || !pel_cpumap_empty(m))
        return 0;
    return pel_fail(ctx, PEL_EINVAL, "the %s affinity has no CPU in it", which);
}

static int pin_one(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                   const struct pel_cpumap *hard, const struct pel_cpumap *soft)
{
    struct pel_cpumap h, s; /* overwritten with what can be fulfilled */

    if (hard)
        h = *hard;
    if (soft)
        s = *soft;
    return pel_hc_set_affinity(ctx, domid, vcpu, hard ? &h : NULL,
                               soft ? &s : NULL);
}

int pel_vcpus_pin(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                  const struct pel_cpumap *hard, const struct pel_cpumap *soft)
{
    struct pel_dominfo info;
    uint32_t last;
    int rc = pel_domain_get(ctx, domid, &info);

    if (!rc)
        rc = require_some(ctx, "hard", hard);
    if (!rc)
        rc = require_some(ctx, "soft", soft);
    if (rc)
        return rc;
    if (vcpu != PEL_VCPU_ALL && vcpu >= info.nr_vcpus)
        return pel_fail(ctx, PEL_ENOENT, "domain %u has no vCPU %u: it has %u",
                        domid, vcpu, info.nr_vcpus);

    last = vcpu == PEL_VCPU_ALL ? info.nr_vcpus - 1 : vcpu;
    for (uint32_t i = vcpu == PEL_VCPU_ALL ? 0 : vcpu; !rc && i <= last; i++)
        rc = pin_one(ctx, domid, i, hard, soft);
    return rc;
}

/* The list for one vCPU; NULL when there is none for it. */
static const char *list_for(const struct pel_affinity *a, uint32_t vcpu)
{
    if (a->for_all)
        return a->lists[0];
    return vcpu < a->nr ? a->lists[vcpu] : NULL;
}

static int place_one(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                     const struct pel_config *cfg,
                     const struct pel_topology *topo)
{
    const char *hard = list_for(&cfg->cpus, vcpu);
    const char *soft = list_for(&cfg->cpus_soft, vcpu);
    struct pel_cpumap h, s;
    int rc = 0;

    if (hard)
        rc = pel_cpumap_parse(ctx, "cpus", hard, topo, &h);
    if (!rc && soft)
        rc = pel_cpumap_parse(ctx, "cpus_soft", soft, topo, &s);
    if (rc || (!hard && !soft))
        return rc;
    return pel_vcpus_pin(ctx, domid, vcpu, hard ? &h : NULL, soft ? &s : NULL);
}

int pel_vcpus_place(struct pel_ctx *ctx, uint32_t domid,
                    const struct pel_config *cfg)
{
    struct pel_topology *topo;
    int rc;

    if (!cfg->cpus.nr && !cfg->cpus_soft.nr)
        return 0;
    topo = malloc(sizeof(*topo));
    if (!topo)
        return pel_fail_oom(ctx);
    rc = pel_hc_topology(ctx, topo);
    for (uint32_t i = 0; !rc && i < cfg->maxvcpus; i++)
        rc = place_one(ctx, domid, i, cfg, topo);
    free(topo);
    return rc;
}

struct online {
    uint32_t domid, nr, of;
};

static int write_online(struct pel_store *s, void *arg)
{
    const struct online *o = arg;
    int rc = 0;

    for (uint32_t i = 0; !rc && i < o->of; i++)
        rc = pel_store_write(s, i < o->nr ? "online" : "offline",
                             "/local/domain/%u/cpu/%u/availability", o->domid,
                             i);
    return rc;
}

static int change_vcpus(struct pel_ctx *ctx, struct pel_config *cfg, void *arg)
{
    (void)ctx;
    cfg->vcpus = *(uint32_t *)arg;
    return 0;
}

int pel_vcpus_set_online(struct pel_ctx *ctx, uint32_t domid, uint32_t nr)
{
    struct online o = { .domid = domid, .nr = nr };
    struct pel_dominfo info;
    struct pel_store s;
    int rc = pel_domain_get(ctx, domid, &info);

    if (!rc)
        rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    if (!nr || nr > info.nr_vcpus)
        return pel_fail(ctx, PEL_EINVAL,
                        "domain %u can have from 1 to %u vCPUs (maxvcpus)",
                        domid, info.nr_vcpus);
    o.of = info.nr_vcpus;
    rc = pel_store_txn(&s, write_online, &o);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot ask domain %u", domid);
    return pel_domain_config_change(ctx, domid, change_vcpus, &nr);
}
