/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing what the store says of a domain that lives: name, configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/store.h>
#include "local.h"

struct change {
    struct pel_ctx *ctx;
    uint32_t domid;
    int (*fn)(struct pel_ctx *ctx, struct pel_config *cfg, void *arg);
    void *arg;
    const char *name; /* of a renaming */
    int rc;           /* a PEL_E* that has its message, or 0 */
};

static int rewrite(struct pel_store *s, struct change *c, const char *old)
{
    struct pel_config cfg;
    char *json = NULL;
    int rc;

    c->rc = pel_config_from_json(c->ctx, old, strlen(old), &cfg);
    if (!c->rc)
        c->rc = c->fn(c->ctx, &cfg, c->arg);
    if (!c->rc)
        c->rc = domain_config_text(c->ctx, &cfg, &json);
    rc = c->rc ? -EINVAL : pel_store_write(s, json, "/pel/%u/config", c->domid);
    pel_config_free(&cfg);
    free(json);
    return rc;
}

static int change_txn(struct pel_store *s, void *arg)
{
    struct change *c = arg;
    char *old = pel_store_read(s, "/pel/%u/config", c->domid);
    int rc;

    if (!old)
        return errno == ENOENT ? 0 : -errno;
    rc = rewrite(s, c, old);
    free(old);
    return rc;
}

static int run(struct change *c, int (*txn)(struct pel_store *s, void *arg))
{
    struct pel_store s;
    int rc = pel_store_use(c->ctx, &s);

    if (rc)
        return rc;
    rc = pel_store_txn(&s, txn, c);
    if (c->rc)
        return c->rc;
    return rc ? pel_store_fail(c->ctx, rc,
                               "cannot change the nodes of domain "
                               "%u",
                               c->domid)
              : 0;
}

int pel_domain_config_change(struct pel_ctx *ctx, uint32_t domid,
                             int (*fn)(struct pel_ctx *ctx,
                                       struct pel_config *cfg, void *arg),
                             void *arg)
{
    struct change c = { .ctx = ctx, .domid = domid, .fn = fn, .arg = arg };

    return run(&c, change_txn);
}

static int set_name(struct pel_ctx *ctx, struct pel_config *cfg, void *arg)
{
    char *name = strdup(arg);

    if (!name)
        return pel_fail_oom(ctx);
    free(cfg->name);
    cfg->name = name;
    return 0;
}

/* A name for one that has just gone would stay in the store without it. */
static int check_there(struct pel_store *s, struct change *c)
{
    char *there = pel_store_read(s, "/local/domain/%u", c->domid);

    if (!there && errno == ENOENT)
        c->rc = pel_fail(c->ctx, PEL_ENOENT, "there is no domain %u", c->domid);
    else if (!there)
        return -errno;
    free(there);
    return c->rc ? -ENOENT : 0;
}

static int rename_txn(struct pel_store *s, void *arg)
{
    struct change *c = arg;
    char *vm;
    int rc;

    c->rc = 0;
    rc = check_there(s, c);
    if (!rc)
        rc = domain_name_check_free(c->ctx, s, c->name, c->domid, &c->rc);
    if (!rc)
        rc = pel_store_write(s, c->name, "/local/domain/%u/name", c->domid);
    vm = pel_store_read(s, "/local/domain/%u/vm", c->domid);
    if (!rc && vm)
        rc = pel_store_write(s, c->name, "%s/name", vm);
    free(vm);
    return rc ? rc : change_txn(s, c);
}

int pel_domain_rename(struct pel_ctx *ctx, uint32_t domid, const char *name)
{
    struct change c = {
        .ctx = ctx,
        .domid = domid,
        .fn = set_name,
        .arg = (void *)name,
        .name = name,
    };
    struct pel_dominfo info;
    int rc = pel_name_check(ctx, name);

    if (!rc)
        rc = pel_domain_get(ctx, domid, &info);
    return rc ? rc : run(&c, rename_txn);
}

int pel_domain_started(struct pel_ctx *ctx, uint32_t domid, uint64_t *when)
{
    struct pel_store s;
    char *vm, *text = NULL;
    int rc = pel_store_use(ctx, &s);

    if (rc)
        return rc;
    vm = pel_store_read(&s, "/local/domain/%u/vm", domid);
    if (vm)
        text = pel_store_read(&s, "%s/start_time", vm);
    if (text)
        *when = strtoull(text, NULL, 10); /* a fraction may follow */
    else
        rc = pel_fail(ctx, PEL_ENOENT,
                      "nobody wrote down when domain %u was started", domid);
    free(text);
    free(vm);
    return rc;
}
