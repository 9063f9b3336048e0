/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel create: from a file to a running guest. */
#include <signal.h>
#include <stdio.h>
#include <pel/console.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include "cmd.h"

#define CONSOLE_LIMIT_MS 10000

/*
 * Signals that ask us to end have to wait while a guest is half made: they
 * are looked at afterwards, and then the guest is unmade.
 */
static void hold_signals(sigset_t *held, sigset_t *before)
{
    sigemptyset(held);
    sigaddset(held, SIGINT);
    sigaddset(held, SIGTERM);
    sigaddset(held, SIGHUP);
    sigprocmask(SIG_BLOCK, held, before);
}

static bool was_interrupted(const sigset_t *held)
{
    sigset_t pending;

    sigpending(&pending);
    for (int sig = 1; sig < NSIG; sig++)
        if (sigismember(held, sig) == 1 && sigismember(&pending, sig) == 1)
            return true;
    return false;
}

static int create(struct pel_ctx *ctx, const struct pel_config *cfg,
                  uint32_t *domid)
{
    sigset_t held, before;
    int rc;

    hold_signals(&held, &before);
    rc = pel_domain_create(ctx, cfg, domid);
    if (!rc && was_interrupted(&held)) {
        rc = pel_domain_destroy(ctx, *domid);
        if (!rc)
            rc = pel_fail(ctx, PEL_ESTATE, "interrupted: nothing is left");
    }
    if (!rc)
        sigprocmask(SIG_SETMASK, &before, NULL);
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
