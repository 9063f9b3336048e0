/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel clone: more guests of the same memory, each with its own identity. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/snapshot.h>
#include "cmd.h"
#include "hold.h"

#define COUNT_MAX 1000

/* What is cloned: DOMAIN, or DOMAIN/SNAPSHOT. */
struct origin {
    char *who;
    char *name; /* behind the slash, or that of one made for this */
    bool made;
};

/* A guest that runs is cloned from a snapshot that goes afterwards. */
static int take_origin(struct pel_ctx *ctx, const struct args *a,
                       struct origin *o)
{
    const char *slash = strchr(a->words[0], '/');
    uint32_t domid;
    int rc;

    o->who = strndup(a->words[0], strcspn(a->words[0], "/"));
    if (slash)
        o->name = strdup(slash + 1);
    else if (asprintf(&o->name, "clone-%d", getpid()) < 0)
        o->name = NULL;
    if (!o->who || !o->name)
        return pel_fail_oom(ctx);
    if (slash)
        return 0;
    rc = pel_domain_find(ctx, o->who, &domid);
    if (!rc)
        rc = pel_snapshot_create(ctx, arg_value(a, 'd'), domid, o->name, false,
                                 signals_waiting);
    o->made = !rc;
    return rc;
}

static int clone_one(struct pel_ctx *ctx, const struct args *a,
                     const struct origin *o, const char *newname)
{
    uint32_t domid;
    int rc =
        pel_snapshot_clone(ctx, arg_value(a, 'd'), o->who, o->name, newname,
                           arg_has(a, 'N'), signals_waiting, &domid);

    if (!rc && !arg_has(a, 'q'))
        printf("cloned %s, domain %u\n", newname, domid);
    if (!rc && !arg_has(a, 'p'))
        rc = pel_domain_unpause(ctx, domid);
    return rc;
}

/* One has the name as it was given; several have a number behind it. */
static int clone_all(struct pel_ctx *ctx, const struct args *a,
                     const struct origin *o, uint64_t count)
{
    char *name;
    int rc = 0;

    if (count == 1)
        return clone_one(ctx, a, o, a->words[1]);
    for (uint64_t i = 1; !rc && i <= count; i++) {
        if (asprintf(&name, "%s-%llu", a->words[1], (unsigned long long)i) < 0)
            return pel_fail_oom(ctx);
        rc = clone_one(ctx, a, o, name);
        free(name);
    }
    return rc;
}

/* The message of what failed before stays the one that is told. */
static int drop_origin(struct pel_ctx *ctx, const struct args *a,
                       const struct origin *o, int rc)
{
    char why[PEL_MESSAGE_MAX];
    int err;

    snprintf(why, sizeof(why), "%s", pel_error_message(ctx));
    pel_error_clear(ctx);
    err = pel_snapshot_delete(ctx, arg_value(a, 'd'), o->who, o->name);
    if (!rc)
        return err;
    pel_error_clear(ctx);
    return pel_fail(ctx, -rc, "%s", why);
}

int cmd_clone(struct pel_ctx *ctx, const struct args *a)
{
    struct origin o = { .made = false };
    uint64_t count = 1;
    int rc = pel_name_check(ctx, a->words[1]);

    if (!rc && arg_value(a, 'n'))
        rc = arg_number(ctx, "the number of clones", arg_value(a, 'n'), 1,
                        COUNT_MAX, &count);
    if (rc)
        return rc;
    signals_hold();
    rc = take_origin(ctx, a, &o);
    if (!rc)
        rc = clone_all(ctx, a, &o, count);
    if (o.made)
        rc = drop_origin(ctx, a, &o, rc);
    if (!rc)
        signals_release();
    free(o.who);
    free(o.name);
    return rc;
}
