/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel clone: more guests of the same memory, each with its own identity. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    const char *name; /* behind the slash; NULL: there is none */
    uint32_t domid;   /* of one that runs */
};

static int find_origin(struct pel_ctx *ctx, const char *word, struct origin *o)
{
    const char *slash = strchr(word, '/');

    o->who = strndup(word, strcspn(word, "/"));
    o->name = slash ? slash + 1 : NULL;
    if (!o->who)
        return pel_fail_oom(ctx);
    return slash ? 0 : pel_domain_find(ctx, o->who, &o->domid);
}

static int clone_one(struct pel_ctx *ctx, const struct args *a,
                     const struct origin *o, const char *newname)
{
    const struct pel_clone how = {
        .name = newname,
        .no_network = arg_has(a, 'N'),
        .disks = arg_value(a, 'D'),
    };
    uint64_t still_ms = 0;
    uint32_t domid;
    int rc;

    if (o->name)
        rc = pel_snapshot_clone(ctx, arg_value(a, 'd'), o->who, o->name, &how,
                                signals_waiting, &domid);
    else
        rc = pel_domain_clone(ctx, o->domid, &how, signals_waiting, &domid,
                              &still_ms);
    if (!rc && !arg_has(a, 'p'))
        rc = pel_domain_unpause(ctx, domid);
    if (rc || arg_has(a, 'q'))
        return rc;
    printf("cloned %s, domain %u", newname, domid);
    if (!o->name)
        printf(", the original stood still for %llu ms",
               (unsigned long long)still_ms);
    putchar('\n');
    return 0;
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

int cmd_clone(struct pel_ctx *ctx, const struct args *a)
{
    struct origin o = { .who = NULL };
    uint64_t count = 1;
    int rc = pel_name_check(ctx, a->words[1]);

    if (!rc && arg_value(a, 'n'))
        rc = arg_number(ctx, "the number of clones", arg_value(a, 'n'), 1,
                        COUNT_MAX, &count);
    if (rc)
        return rc;
    signals_hold();
    rc = find_origin(ctx, a->words[0], &o);
    if (!rc)
        rc = clone_all(ctx, a, &o, count);
    if (!rc)
        signals_release();
    free(o.who);
    return rc;
}
