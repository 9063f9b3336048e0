/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much memory a guest has: the store tells its balloon driver a target,
 * the hypervisor holds it to a limit.  What may be asked for lies between a
 * floor and memory/static-max, which is what it was created for.
 */
#include <errno.h>
#include <stdio.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include "local.h"

#define MEMORY_FLOOR_KB 4096      /* less is a slip of the pen, */
#define DOM0_FLOOR_KB (128 << 10) /* and for dom0 the end of the host */

static uint64_t floor_kb(uint32_t domid)
{
    return domid ? MEMORY_FLOOR_KB : DOM0_FLOOR_KB;
}

static int put_kb(struct pel_store *s, uint32_t domid, const char *name,
                  uint64_t kb)
{
    char dir[64];

    snprintf(dir, sizeof(dir), "/local/domain/%u/memory", domid);
    return pel_store_put(s, dir, name, "%llu", (unsigned long long)kb);
}

/*
 * dom0 was not created by us: its own limit is what it may have.  That is
 * written down, because the limit follows what it is told to have.
 */
static int static_max(struct pel_ctx *ctx, struct pel_store *s, uint32_t domid,
                      uint64_t *kb)
{
    struct pel_dominfo info;
    int rc =
        pel_store_read_u64(s, kb, "/local/domain/%u/memory/static-max", domid);

    if (!rc)
        return 0;
    if (rc != -ENOENT)
        return pel_store_fail(ctx, rc, "cannot read the limit of domain %u",
                              domid);
    rc = pel_domain_get(ctx, domid, &info);
    if (rc)
        return rc;
    *kb = info.max_kb;
    rc = put_kb(s, domid, "static-max", *kb);
    return rc ? pel_store_fail(ctx, rc, "cannot note the limit of domain %u",
                               domid)
              : 0;
}

static int change_memory(struct pel_ctx *ctx, struct pel_config *cfg, void *arg)
{
    (void)ctx;
    cfg->memory_kb = *(uint64_t *)arg;
    return 0;
}

static int change_maxmem(struct pel_ctx *ctx, struct pel_config *cfg, void *arg)
{
    (void)ctx;
    cfg->maxmem_kb = *(uint64_t *)arg;
    return 0;
}

int pel_domain_set_memory(struct pel_ctx *ctx, uint32_t domid, uint64_t kb)
{
    struct pel_dominfo info;
    struct pel_store s;
    uint64_t max;
    int rc = pel_domain_get(ctx, domid, &info);

    if (!rc)
        rc = pel_store_use(ctx, &s);
    if (!rc)
        rc = static_max(ctx, &s, domid, &max);
    if (rc)
        return rc;
    if (kb < floor_kb(domid) || kb > max)
        return pel_fail(ctx, PEL_EINVAL,
                        "domain %u can have from %llu to %llu MiB (mem-max "
                        "changes the limit)",
                        domid, (unsigned long long)floor_kb(domid) >> 10,
                        (unsigned long long)max >> 10);

    /* A guest that gives memory is limited at once, so that it stays given. */
    rc = pel_hc_max_mem(ctx, domid, kb + MAXMEM_SLACK_KB);
    if (rc)
        return rc;
    rc = put_kb(&s, domid, "target", kb);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot ask domain %u", domid);
    return pel_domain_config_change(ctx, domid, change_memory, &kb);
}

int pel_domain_set_maxmem(struct pel_ctx *ctx, uint32_t domid, uint64_t kb)
{
    struct pel_dominfo info;
    struct pel_store s;
    uint64_t target = 0;
    int rc = pel_domain_get(ctx, domid, &info);

    if (!rc)
        rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    rc = pel_store_read_u64(&s, &target, "/local/domain/%u/memory/target",
                            domid);
    if (rc && rc != -ENOENT)
        return pel_store_fail(ctx, rc, "cannot read the memory of domain %u",
                              domid);
    if (kb < floor_kb(domid))
        return pel_fail(ctx, PEL_EINVAL, "domain %u needs %llu MiB", domid,
                        (unsigned long long)floor_kb(domid) >> 10);
    if (kb < target)
        return pel_fail(ctx, PEL_EINVAL,
                        "domain %u has been told to use %llu MiB: mem-set "
                        "that first",
                        domid, (unsigned long long)target >> 10);
    rc = pel_hc_max_mem(ctx, domid, kb + MAXMEM_SLACK_KB);
    if (rc)
        return rc;
    rc = put_kb(&s, domid, "static-max", kb);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot note the limit of domain %u",
                              domid);
    return pel_domain_config_change(ctx, domid, change_maxmem, &kb);
}
