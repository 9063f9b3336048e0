/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel uptime: how long domains have been there. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include "cmd.h"
#include "out.h"

/* dom0's start is the machine's; guests' is in the store. */
static int seconds_up(struct pel_ctx *ctx, uint32_t domid, time_t now,
                      uint64_t *seconds)
{
    struct timespec up;
    uint64_t since;
    int rc;

    if (domid == 0) {
        clock_gettime(CLOCK_BOOTTIME, &up);
        *seconds = up.tv_sec;
        return 0;
    }
    rc = pel_domain_started(ctx, domid, &since);
    if (!rc)
        *seconds = (uint64_t)now > since ? now - since : 0;
    return rc;
}

static int show(struct pel_ctx *ctx, uint32_t domid, bool short_form)
{
    time_t now = time(NULL);
    uint64_t seconds;
    char *name;
    int rc = seconds_up(ctx, domid, now, &seconds);

    if (rc)
        return rc;
    name = name_or_null(ctx, domid);
    out_uptime_row(stdout, domid, name ? name : "(null)", seconds, now,
                   short_form);
    free(name);
    return 0;
}

static int show_all(struct pel_ctx *ctx, bool short_form)
{
    struct pel_dominfo *list = NULL;
    size_t nr = 0;
    int rc = pel_domain_list(ctx, &list, &nr);

    for (size_t i = 0; !rc && i < nr; i++) {
        rc = show(ctx, list[i].domid, short_form);
        if (rc == -PEL_ENOENT) { /* half made or half gone */
            pel_error_clear(ctx);
            rc = 0;
        }
    }
    free(list);
    return rc;
}

int cmd_uptime(struct pel_ctx *ctx, const struct args *a)
{
    bool short_form = arg_has(a, 's');
    int rc = 0;

    if (!short_form)
        out_uptime_head(stdout);
    if (!a->nr_words)
        return show_all(ctx, short_form);
    for (int i = 0; !rc && i < a->nr_words; i++) {
        uint32_t domid;

        rc = pel_domain_find(ctx, a->words[i], &domid);
        if (!rc)
            rc = show(ctx, domid, short_form);
    }
    return rc;
}
