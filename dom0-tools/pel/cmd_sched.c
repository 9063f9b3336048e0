/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel sched-credit2 and cpupool-list: who gets how much of the CPUs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/config.h>
#include <pel/cpumap.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include "cmd.h"
#include "out.h"

#define RATELIMIT_MAX_US 500000

/* Pool 0 has its name everywhere; the store knows the others'. */
static char *pool_name(struct pel_ctx *ctx, uint32_t id)
{
    struct pel_store s;
    char *name = NULL, text[32];

    if (id && !pel_store_use(ctx, &s))
        name = pel_store_read(&s, "/local/pool/%u/name", id);
    pel_error_clear(ctx);
    snprintf(text, sizeof(text), "Pool-%u", id);
    return name ? name : strdup(text);
}

/* What is done with a pool that was asked for. */
typedef int pool_fn(struct pel_ctx *ctx,
                    const struct xen_sysctl_cpupool_op *pool, const char *name,
                    const struct pel_cpumap *cpus, const struct args *a);

/* @only: a name or number; NULL: every pool */
static int each_pool(struct pel_ctx *ctx, const char *only, pool_fn *fn,
                     const struct args *a)
{
    struct xen_sysctl_cpupool_op pool = { .cpupool_id = 0 };
    struct pel_cpumap cpus;
    bool found = false;
    int rc;

    while (!(rc = pel_hc_pool(ctx, pool.cpupool_id, &pool, &cpus))) {
        char *name = pool_name(ctx, pool.cpupool_id), id[16];

        snprintf(id, sizeof(id), "%u", pool.cpupool_id);
        if (!name) {
            rc = pel_fail_oom(ctx);
        } else if (!only || !strcmp(only, name) || !strcmp(only, id)) {
            found = true;
            rc = fn(ctx, &pool, name, &cpus, a);
        }
        free(name);
        if (rc)
            return rc;
        pool.cpupool_id++;
    }
    if (rc == -PEL_ENOENT)
        rc = found || !only
                 ? 0
                 : pel_fail(ctx, PEL_ENOENT, "there is no pool \"%s\"", only);
    return rc;
}

static int show_pool(struct pel_ctx *ctx,
                     const struct xen_sysctl_cpupool_op *pool, const char *name,
                     const struct pel_cpumap *cpus, const struct args *a)
{
    (void)ctx;
    out_pool_row(stdout, name, pool, cpus, PEL_CPUS_MAX, arg_has(a, 'c'));
    return 0;
}

int cmd_cpupool_list(struct pel_ctx *ctx, const struct args *a)
{
    out_pool_head(stdout, arg_has(a, 'c'));
    return each_pool(ctx, a->nr_words ? a->words[0] : NULL, show_pool, a);
}

static int show_share(struct pel_ctx *ctx, uint32_t domid)
{
    struct xen_domctl_sched_credit2 share;
    char *name;
    int rc = pel_hc_get_sched(ctx, domid, &share);

    if (rc)
        return rc;
    name = name_or_null(ctx, domid);
    out_sched_row(stdout, domid, name ? name : "(null)", share.weight,
                  share.cap);
    free(name);
    return 0;
}

static int show_shares(struct pel_ctx *ctx,
                       const struct xen_sysctl_cpupool_op *pool,
                       const char *name, const struct pel_cpumap *cpus,
                       const struct args *a)
{
    struct pel_dominfo *list = NULL;
    uint32_t limit_us = 0;
    size_t nr = 0;
    int rc = pel_hc_sched_ratelimit(ctx, pool->cpupool_id, NULL, &limit_us);

    (void)cpus;
    if (rc)
        return rc;
    printf("Cpupool %s: ratelimit=%uus\n", name, limit_us);
    if (arg_has(a, 's'))
        return 0;
    out_sched_head(stdout);
    rc = pel_domain_list(ctx, &list, &nr);
    for (size_t i = 0; !rc && i < nr; i++) {
        if (list[i].pool != pool->cpupool_id)
            continue;
        rc = show_share(ctx, list[i].domid);
        if (rc == -PEL_ENOENT) {
            pel_error_clear(ctx);
            rc = 0;
        }
    }
    free(list);
    return rc;
}

static int set_limit(struct pel_ctx *ctx,
                     const struct xen_sysctl_cpupool_op *pool, const char *name,
                     const struct pel_cpumap *cpus, const struct args *a)
{
    uint64_t us;
    uint32_t set;
    int rc = arg_number(ctx, "ratelimit_us", arg_value(a, 'r'), 0,
                        RATELIMIT_MAX_US, &us);

    (void)name;
    (void)cpus;
    set = us;
    return rc ? rc : pel_hc_sched_ratelimit(ctx, pool->cpupool_id, &set, NULL);
}

static int change_share(struct pel_ctx *ctx, uint32_t domid,
                        const struct args *a)
{
    struct xen_domctl_sched_credit2 share;
    uint64_t weight, cap;
    int rc = pel_hc_get_sched(ctx, domid, &share);

    weight = share.weight;
    cap = share.cap;
    if (!rc && arg_value(a, 'w'))
        rc = arg_number(ctx, "weight", arg_value(a, 'w'), 1, PEL_WEIGHT_MAX,
                        &weight);
    if (!rc && arg_value(a, 'c'))
        rc = arg_number(ctx, "cap", arg_value(a, 'c'), 0, PEL_CAP_MAX, &cap);
    if (rc)
        return rc;
    share.weight = weight;
    share.cap = cap;
    return pel_hc_set_sched(ctx, domid, &share);
}

/* Options that exclude each other, as in xl. */
static const char *nonsense(const struct args *a)
{
    bool domain = arg_has(a, 'd'), share = arg_has(a, 'w') || arg_has(a, 'c');
    bool settings = arg_has(a, 's');

    if (share && !domain)
        return "say which domain with -d";
    if (arg_has(a, 'r') && !settings)
        return "-r belongs to -s";
    if ((domain || share) && (settings || arg_has(a, 'p')))
        return "-d, -w and -c do not go with -s and -p";
    return NULL;
}

int cmd_sched_credit2(struct pel_ctx *ctx, const struct args *a)
{
    const char *wrong = nonsense(a);
    uint32_t domid;
    int rc;

    if (wrong)
        return pel_fail(ctx, PEL_EUSAGE, "%s", wrong);
    if (!arg_has(a, 'd'))
        return each_pool(ctx, arg_value(a, 'p'),
                         arg_has(a, 'r') ? set_limit : show_shares, a);
    rc = pel_domain_find(ctx, arg_value(a, 'd'), &domid);
    if (rc)
        return rc;
    if (arg_has(a, 'w') || arg_has(a, 'c'))
        return change_share(ctx, domid, a);
    out_sched_head(stdout);
    return show_share(ctx, domid);
}
