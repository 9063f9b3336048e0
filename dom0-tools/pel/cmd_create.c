/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel create: from a file to a running guest. */
#include <stdio.h>
#include <pel/console.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include "cmd.h"
#include "hold.h"

#define CONSOLE_LIMIT_MS 10000

static int create(struct pel_ctx *ctx, const struct pel_config *cfg,
                  uint32_t *domid)
{
    int rc;

    signals_hold();
    rc = pel_domain_create(ctx, cfg, domid);
    if (!rc && signals_waiting()) {
        rc = pel_domain_destroy(ctx, *domid);
        if (!rc)
            rc = pel_fail(ctx, PEL_ESTATE, "interrupted: nothing is left");
    }
    if (!rc)
        signals_release();
    return rc;
}

int cmd_create(struct pel_ctx *ctx, const struct args *a)
{
    struct pel_config cfg;
    uint32_t domid;
    int rc;

    pel_config_init(&cfg);
    rc = pel_config_load(ctx, a->words[0], a->words + 1, a->nr_words - 1, &cfg);
    if (!rc)
        rc = create(ctx, &cfg, &domid);
    if (rc)
        goto out;

    if (!arg_has(a, 'q') && !arg_has(a, 'c'))
        printf("created %s, domain %u\n", cfg.name, domid);
    if (!arg_has(a, 'p'))
        rc = pel_domain_unpause(ctx, domid);
    if (!rc && arg_has(a, 'c'))
        rc = pel_console_attach(ctx, domid, CONSOLE_LIMIT_MS);
out:
    pel_config_free(&cfg);
    return rc;
}
