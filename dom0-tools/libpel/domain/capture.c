/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capturing a guest that goes on: rounds as for a migration, but nobody waits
 * for its pages, so they may come in any order and more than once.
 */
#include <stdlib.h>
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/mirror.h>
#include <pel/store.h>
#include "claim.h"
#include "guard.h"
#include "rounds.h"
#include "save.h"
#include "sender.h"
#include "suspend.h"

/*
 * Each round has the guest fault anew on all that it writes, so few of them,
 * and a bound that an idle guest meets after the first.
 */
#define STILL_MS 200u
#define SUSPEND_MS 50u /* of it, without the pages */
#define ROUNDS 6u

struct capturing {
    struct pel_ctx *ctx;
    struct pel_capture *c;
};

static void count_round(void *arg, const struct round_info *info)
{
    const struct capturing *r = arg;

    pel_log(r->ctx, PEL_LOG_INFO,
            "round %u: %llu pages, %llu have changed meanwhile; standing still "
            "would take %u ms",
            info->round, (unsigned long long)info->pages,
            (unsigned long long)info->remaining, info->predicted_ms);
    r->c->rounds = info->round;
    r->c->hurry = info->last;
}

/* Everything that can be had while the guest runs. */
static int take_running(struct sender *s, struct pel_capture *c)
{
    const struct round_limits limits = {
        .downtime_ms = STILL_MS,
        .rounds = ROUNDS,
        .standstill_ms = SUSPEND_MS,
        .disks = c->disks,
    };
    struct capturing r = { s->ctx, c };
    int rc = c->begin ? c->begin(c->arg) : 0;

    if (rc)
        return rc;
    rc = sender_begin(s, c->config);

    if (!rc)
        return sender_rounds(s, &limits, count_round, &r);
    if (s->log_on)
        return rc;
    pel_log(s->ctx, PEL_LOG_INFO,
            "domain %u stands still for all of its memory: %s", s->domid,
            pel_error_message(s->ctx));
    pel_error_clear(s->ctx);
    s->live = false;
    return 0;
}

/* What has changed since then; everything, if nobody knows that. */
static int take_still(struct sender *s, struct pel_capture *c)
{
    int rc;

    if (c->rounds)
        return sender_last_pages(s);
    rc = sender_begin(s, c->config);
    return rc ? rc : sender_all_pages(s);
}

static int capture(struct sender *s, struct pel_capture *c)
{
    uint64_t since;
    int rc = domain_check_running(s->ctx, s->domid);

    if (!rc)
        rc = take_running(s, c);
    if (!rc)
        rc = domain_suspend(s->ctx, s->domid);
    if (rc)
        return rc;
    since = pel_store_now_ns();
    rc = take_still(s, c);
    if (!rc)
        rc = c->still(c->arg);
    if (!rc)
        rc = sender_state(s);
    if (rc)
        save_go_on(s->ctx, s->domid);
    else
        rc = domain_resume(s->ctx, s->domid);
    c->still_ms = (pel_store_now_ns() - since) / 1000000;
    return rc;
}

/* What the guard has to know. */
struct watched {
    uint32_t domid;
    bool disks; /* its disks are followed */
};

/* The guard's: as if nothing had happened. */
static void let_go(struct pel_ctx *ctx, const void *watched)
{
    const struct watched *w = watched;

    domain_resume_later(ctx, w->domid);
    log_off(ctx, w->domid);
    if (w->disks)
        mirror_forget(ctx, w->domid);
}

int pel_domain_capture(struct pel_ctx *ctx, uint32_t domid,
                       struct pel_capture *c)
{
    struct sender *s = calloc(1, sizeof(*s));
    const struct watched watched = { domid, c->disks };
    struct guard guard = { .pipe = -1 };
    int claim, rc;

    if (!s)
        return pel_fail_oom(ctx);
    *s = (struct sender){
        .ctx = ctx,
        .domid = domid,
        .w = { .write = c->write, .arg = c->arg },
        .stop = c->stop,
        .live = true,
        .zeros_apart = !c->pages,
        .put_pages = c->pages,
        .put_arg = c->arg,
    };
    c->rounds = 0;
    c->hurry = false;
    claim = domain_claim(ctx, domid);
    rc = claim < 0 ? claim : guard_start(ctx, &guard, claim, let_go, &watched);
    if (!rc)
        rc = capture(s, c);
    sender_end(s);
    guard_end(&guard);
    domain_claim_end(claim);
    free(s);
    return rc;
}
