/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel save and restore: a guest into a file and back. */
#include <stdio.h>
#include <stdlib.h>
#include <pel/config.h>
#include <pel/console.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include "cmd.h"
#include "hold.h"

#define CONSOLE_LIMIT_MS 10000

/* A configuration that takes the place of the guest's own; NULL: none. */
static int load_override(struct pel_ctx *ctx, const char *path,
                         struct pel_config *cfg)
{
    pel_config_init(cfg);
    return path ? pel_config_load(ctx, path, NULL, 0, cfg) : 0;
}

int cmd_save(struct pel_ctx *ctx, const struct args *a)
{
    const char *other = a->nr_words == 3 ? a->words[2] : NULL;
    enum pel_after after = arg_has(a, 'p')   ? PEL_AFTER_PAUSE
                           : arg_has(a, 'c') ? PEL_AFTER_GO_ON
                                             : PEL_AFTER_DESTROY;
    struct pel_config cfg;
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    if (!rc)
        rc = load_override(ctx, other, &cfg);
    if (rc)
        return rc;
    signals_hold();
    rc = pel_domain_save(ctx, domid, a->words[1], other ? &cfg : NULL, after,
                         arg_has(a, 'z'), signals_waiting);
    if (!rc)
        signals_release();
    pel_config_free(&cfg);
    return rc;
}

int cmd_restore(struct pel_ctx *ctx, const struct args *a)
{
    const char *other = a->nr_words == 2 ? a->words[0] : NULL;
    struct pel_config cfg;
    char *name = NULL;
    uint32_t domid;
    int rc = load_override(ctx, other, &cfg);

    if (rc)
        return rc;
    signals_hold();
    rc = pel_domain_restore(ctx, a->words[a->nr_words - 1], other ? &cfg : NULL,
                            signals_waiting, &domid, &name);
    if (!rc)
        signals_release();
    pel_config_free(&cfg);
    if (rc)
        return rc;

    if (!arg_has(a, 'q') && !arg_has(a, 'c'))
        printf("restored %s, domain %u\n", name, domid);
    free(name);
    if (!arg_has(a, 'p'))
        rc = pel_domain_unpause(ctx, domid);
    if (!rc && arg_has(a, 'c'))
        rc = pel_console_attach(ctx, domid, CONSOLE_LIMIT_MS);
    return rc;
}
