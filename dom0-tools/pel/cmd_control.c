/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that take a domain and do one thing to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/console.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/store.h>
#include "cmd.h"

#define CONSOLE_LIMIT_MS 10000
#define REAP_LIMIT_NS 10000000000ull
#define RESTART_LIMIT_NS 60000000000ull

struct who {
    struct pel_ctx *ctx;
    const char *name;
};

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

/* The note of a restart goes when the new domain is there, or never comes. */
static int is_settled(struct pel_store *s, void *arg)
{
    const struct who *who = arg;
    uint32_t domid;
    int rc = pel_domain_find(who->ctx, who->name, &domid);

    (void)s;
    pel_error_clear(who->ctx);
    return rc != -PEL_ESTATE;
}

/* Finds a domain, and waits for it while peld is between two of them. */
static int find_settled(struct pel_ctx *ctx, const char *name, uint32_t *domid)
{
    struct who who = { .ctx = ctx, .name = name };
    struct pel_store s;
    int rc = pel_domain_find(ctx, name, domid);

    if (rc != -PEL_ESTATE)
        return rc;
    rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    rc = pel_store_wait(&s, pel_store_now_ns() + RESTART_LIMIT_NS, is_settled,
                        &who, "/pel/restart");
    if (rc < 0)
        return -PEL_ESTATE; /* with the message of the first look */
    pel_error_clear(ctx);
    return pel_domain_find(ctx, name, domid);
}

/* The domain that a name stands for, even if it changes meanwhile. */
static int get_settled(struct pel_ctx *ctx, const char *name,
                       struct pel_dominfo *info)
{
    uint32_t domid;
    int rc;

    do {
        pel_error_clear(ctx);
        rc = find_settled(ctx, name, &domid);
        if (rc)
            return rc;
        rc = pel_domain_get(ctx, domid, info);
    } while (rc == -PEL_ENOENT);
    return rc;
}

/*
 * A guest that peld is restarting at this moment would come back: it is the
 * one with the same UUID, and goes too.
 */
int cmd_destroy(struct pel_ctx *ctx, const struct args *a)
{
    struct pel_dominfo first = { .domid = 0 }, next;
    int rc = get_settled(ctx, a->words[0], &first);

    next = first;
    while (!rc && !memcmp(next.uuid, first.uuid, sizeof(first.uuid))) {
        rc = pel_domain_destroy(ctx, next.domid);
        if (rc && rc != -PEL_ENOENT)
            return rc;
        rc = get_settled(ctx, a->words[0], &next);
        if (rc == -PEL_ENOENT) {
            pel_error_clear(ctx);
            return 0;
        }
    }
    return rc;
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
