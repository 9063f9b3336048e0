/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that take a domain and do one thing to it, at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/console.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include "cmd.h"

#define CONSOLE_LIMIT_MS 10000
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
 * one with the same UUID, and goes too.  It has another id then.
 */
static int destroy_all(struct pel_ctx *ctx, const char *name,
                       const struct pel_dominfo *first)
{
    struct pel_dominfo next = *first;
    int rc = 0;

    while (!rc && !memcmp(next.uuid, first->uuid, sizeof(first->uuid))) {
        rc = pel_domain_destroy(ctx, next.domid);
        if (rc && rc != -PEL_ENOENT)
            return rc;
        rc = get_settled(ctx, name, &next);
        if (rc == -PEL_ENOENT) {
            pel_error_clear(ctx);
            return 0;
        }
    }
    return rc;
}

int cmd_destroy(struct pel_ctx *ctx, const struct args *a)
{
    struct pel_dominfo first;
    char *name;
    int rc = get_settled(ctx, a->words[0], &first);

    if (rc)
        return rc;
    if (pel_domain_name(ctx, first.domid, &name))
        pel_error_clear(ctx); /* half made or half gone */
    rc = destroy_all(ctx, name ? name : a->words[0], &first);
    free(name);
    return rc;
}

int cmd_rename(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    return rc ? rc : pel_domain_rename(ctx, domid, a->words[1]);
}

int cmd_sysrq(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    int rc;

    if (strlen(a->words[1]) != 1)
        return pel_fail(ctx, PEL_EINVAL, "\"%s\" is no key: it has one letter",
                        a->words[1]);
    rc = pel_domain_find(ctx, a->words[0], &domid);
    return rc ? rc : pel_domain_sysrq(ctx, domid, a->words[1][0]);
}

/* The ABI's triggers; a PV guest is told only what its kernel understands. */
static const struct {
    const char *name;
    uint32_t number;
} triggers[] = {
    { "nmi", XEN_DOMCTL_SENDTRIGGER_NMI },
    { "reset", XEN_DOMCTL_SENDTRIGGER_RESET },
    { "init", XEN_DOMCTL_SENDTRIGGER_INIT },
    { "power", XEN_DOMCTL_SENDTRIGGER_POWER },
    { "sleep", XEN_DOMCTL_SENDTRIGGER_SLEEP },
};

int cmd_trigger(struct pel_ctx *ctx, const struct args *a)
{
    uint64_t vcpu = 0;
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    if (!rc && a->nr_words > 2)
        rc = arg_number(ctx, "vCPU", a->words[2], 0, PEL_VCPUS_MAX - 1, &vcpu);
    for (size_t i = 0; !rc && i < sizeof(triggers) / sizeof(triggers[0]); i++)
        if (!strcmp(a->words[1], triggers[i].name))
            return pel_hc_trigger(ctx, domid, vcpu, triggers[i].number);
    return rc ? rc
              : pel_fail(ctx, PEL_EINVAL, "there is no trigger \"%s\"",
                         a->words[1]);
}
