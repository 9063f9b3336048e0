/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that take a domain and do one thing to it. */
#include <stdio.h>
#include <stdlib.h>
#include <pel/console.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/store.h>
#include "cmd.h"

#define CONSOLE_LIMIT_MS 10000
#define REAP_LIMIT_NS 10000000000ull

int cmd_console(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    return rc ? rc : pel_console_attach(ctx, domid, CONSOLE_LIMIT_MS);
}

int cmd_pause(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    return rc ? rc : pel_domain_pause(ctx, domid);
}

int cmd_unpause(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    return rc ? rc : pel_domain_unpause(ctx, domid);
}

int cmd_reboot(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    return rc ? rc : pel_domain_request(ctx, domid, "reboot");
}

int cmd_destroy(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    return rc ? rc : pel_domain_destroy(ctx, domid);
}

/* What the daemon will do with it; a guest of other tools may stay. */
static bool will_be_reaped(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_config cfg;
    bool yes;

    pel_config_init(&cfg);
    yes = !pel_domain_config(ctx, domid, &cfg) &&
          cfg.on_poweroff == PEL_ACTION_DESTROY;
    pel_error_clear(ctx);
    pel_config_free(&cfg);
    return yes;
}

struct end {
    struct pel_ctx *ctx;
    uint32_t domid;
};

/* Its nodes go last, and whoever waits for the end may use its name again. */
static int is_gone(struct pel_store *s, void *arg)
{
    struct end *end = arg;
    struct pel_dominfo info;
    char *name;
    int rc = pel_domain_get(end->ctx, end->domid, &info);

    pel_error_clear(end->ctx);
    if (rc != -PEL_ENOENT)
        return 0;
    name = pel_store_read(s, "/local/domain/%u/name", end->domid);
    free(name);
    return name == NULL;
}

static int wait_for_end(struct pel_ctx *ctx, uint32_t domid)
{
    struct end end = { .ctx = ctx, .domid = domid };
    bool gone, reaped = will_be_reaped(ctx, domid);
    struct pel_store s;
    int rc;

    rc = pel_domain_wait_shutdown(ctx, domid, -1, &gone);
    if (rc || gone || !reaped)
        return rc;
    rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    rc = pel_store_wait(&s, pel_store_now_ns() + REAP_LIMIT_NS, is_gone, &end,
                        "/local/domain/%u", domid);
    if (rc < 0)
        pel_log(ctx, PEL_LOG_WARN,
                "domain %u has shut down, but nobody removed it: is peld "
                "running?",
                domid);
    return 0;
}

int cmd_shutdown(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    if (!rc)
        rc = pel_domain_request(ctx, domid, "poweroff");
    if (!rc && arg_has(a, 'w'))
        rc = wait_for_end(ctx, domid);
    return rc;
}
