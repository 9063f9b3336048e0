/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel shutdown and reboot: asking guests, and waiting until they did. */
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/store.h>
#include "cmd.h"

#define REAP_LIMIT_NS 10000000000ull

/* What the daemon will do with it; a guest of other tools may stay. */
static bool will_be_reaped(struct pel_ctx *ctx, uint32_t domid, bool reboots)
{
    struct pel_config cfg;
    bool yes;

    pel_config_init(&cfg);
    yes = !pel_domain_config(ctx, domid, &cfg) &&
          (reboots ? cfg.on_reboot != PEL_ACTION_PRESERVE &&
                         cfg.on_reboot != PEL_ACTION_RENAME_RESTART
                   : cfg.on_poweroff == PEL_ACTION_DESTROY);
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

static int wait_for_end(struct pel_ctx *ctx, uint32_t domid, bool reboots)
{
    struct end end = { .ctx = ctx, .domid = domid };
    bool gone, reaped = will_be_reaped(ctx, domid, reboots);
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

/* Guests that were asked, and have to be waited for. */
struct asked {
    uint32_t *domid;
    size_t nr;
};

/* @one: whoever cannot be asked is an error; else it is passed over. */
static int ask(struct pel_ctx *ctx, uint32_t domid, const char *what, bool one,
               struct asked *asked)
{
    int rc = pel_domain_request(ctx, domid, what);

    if (!rc)
        asked->domid[asked->nr++] = domid;
    if (one || (rc != -PEL_ENOENT && rc != -PEL_ESTATE))
        return rc;
    pel_error_clear(ctx);
    return 0;
}

static int ask_all(struct pel_ctx *ctx, const char *what, struct asked *asked)
{
    struct pel_dominfo *list = NULL;
    size_t nr = 0;
    int rc = pel_domain_list(ctx, &list, &nr);

    if (!rc) {
        asked->domid = calloc(nr + 1, sizeof(*asked->domid));
        if (!asked->domid)
            rc = pel_fail_oom(ctx);
    }
    for (size_t i = 0; !rc && i < nr; i++)
        if (list[i].domid)
            rc = ask(ctx, list[i].domid, what, false, asked);
    free(list);
    return rc;
}

static int ask_one(struct pel_ctx *ctx, const char *who, const char *what,
                   struct asked *asked)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, who, &domid);

    if (rc)
        return rc;
    asked->domid = calloc(1, sizeof(*asked->domid));
    if (!asked->domid)
        return pel_fail_oom(ctx);
    return ask(ctx, domid, what, true, asked);
}

static int request(struct pel_ctx *ctx, const struct args *a, const char *what,
                   bool reboots)
{
    struct asked asked = { .domid = NULL };
    bool all = arg_has(a, 'a');
    int rc;

    if (all == (a->nr_words == 1))
        return pel_fail(ctx, PEL_EUSAGE,
                        all ? "-a is for all: it takes no domain"
                            : "say which domain, or -a for all");
    rc = all ? ask_all(ctx, what, &asked)
             : ask_one(ctx, a->words[0], what, &asked);
    for (size_t i = 0; !rc && arg_has(a, 'w') && i < asked.nr; i++)
        rc = wait_for_end(ctx, asked.domid[i], reboots);
    free(asked.domid);
    return rc;
}

int cmd_shutdown(struct pel_ctx *ctx, const struct args *a)
{
    return request(ctx, a, "poweroff", false);
}

int cmd_reboot(struct pel_ctx *ctx, const struct args *a)
{
    return request(ctx, a, "reboot", true);
}
