/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Suspending by the node control/shutdown: the guest empties it as a sign
 * that it has seen the request, and shuts down for the reason "suspend".
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenstore.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include "suspend.h"

#define SUSPEND_LIMIT_NS 60000000000ull
#define LATE_LIMIT_NS 5000000000ull
#define BEGUN_LIMIT_NS 30000000000ull /* Linux gives its programs 20 s */
#define SETTLE_LIMIT_MS 10000
#define NAP_NS 100000000

struct wait {
    struct pel_ctx *ctx;
    uint32_t domid;
    struct pel_dominfo info;
    int rc;
};

static int stands_still(struct pel_store *s, void *arg)
{
    struct wait *w = arg;

    (void)s;
    w->rc = pel_domain_get(w->ctx, w->domid, &w->info);
    return w->rc || w->info.shutdown || w->info.dying;
}

/* 0: it has shut down; else a PEL_E*, without a message for a timeout. */
static int wait_still(struct wait *w, struct pel_store *s, uint64_t limit_ns)
{
    const struct timespec nap = { .tv_nsec = NAP_NS };
    uint64_t end = pel_store_now_ns() + limit_ns;
    int rc = pel_store_wait(s, end, stands_still, w, "@releaseDomain");

    /* A store that has died may be back, with what the guest was asked. */
    while (rc < 0 && rc != -ETIMEDOUT && pel_store_now_ns() < end) {
        nanosleep(&nap, NULL);
        if (stands_still(s, w))
            rc = 1;
    }
    return rc < 0 ? -PEL_ETIMEDOUT : w->rc;
}

struct request {
    uint32_t domid;
    bool back; /* the guest has not seen it, and will not */
};

/* In a transaction: either the guest has taken the request, or we take it. */
static int take_back(struct pel_store *s, void *arg)
{
    struct request *r = arg;
    char *word =
        pel_store_read(s, "/local/domain/%u/control/shutdown", r->domid);
    int rc = 0;

    r->back = word && !strcmp(word, "suspend");
    if (r->back)
        rc = pel_store_write(s, "", "/local/domain/%u/control/shutdown",
                             r->domid);
    free(word);
    return rc;
}

/* Nobody would let a guest go on that suspends when we have given up. */
static int give_up(struct wait *w, struct pel_store *s)
{
    struct request r = { .domid = w->domid };
    int rc = pel_store_txn(s, take_back, &r);

    return wait_still(w, s, !rc && r.back ? 0 : BEGUN_LIMIT_NS);
}

int domain_check_running(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_dominfo info;
    int rc;

    if (domid == 0)
        return pel_fail(ctx, PEL_EINVAL, "dom0 cannot be suspended");
    rc = pel_domain_get(ctx, domid, &info);
    if (rc)
        return rc;
    if (info.shutdown || info.dying)
        return pel_fail(ctx, PEL_ESTATE, "domain %u is %s already", domid,
                        info.dying ? "dying" : "shut down");
    if (info.paused)
        return pel_fail(ctx, PEL_ESTATE,
                        "domain %u is paused and cannot prepare itself: "
                        "unpause it first",
                        domid);
    return 0;
}

/*
 * A kernel that has just been restored connects its devices; suspended in the
 * midst of it, Linux was seen to lose a disk.  Devices that the guest has no
 * driver for are not worth more than a moment.
 */
static void settle(struct pel_ctx *ctx, uint32_t domid)
{
    if (!pel_devices_wait_connected(ctx, domid, SETTLE_LIMIT_MS))
        return;
    pel_log(ctx, PEL_LOG_INFO, "suspending all the same: %s",
            pel_error_message(ctx));
    pel_error_clear(ctx);
}

int domain_suspend(struct pel_ctx *ctx, uint32_t domid)
{
    struct wait w = { .ctx = ctx, .domid = domid };
    struct pel_store s;
    int rc = domain_check_running(ctx, domid);

    if (!rc)
        rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    settle(ctx, domid);
    rc = pel_store_write(&s, "suspend", "/local/domain/%u/control/shutdown",
                         domid);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot ask domain %u", domid);

    rc = wait_still(&w, &s, SUSPEND_LIMIT_NS);
    if (rc == -PEL_ETIMEDOUT)
        rc = give_up(&w, &s);
    if (rc == -PEL_ETIMEDOUT)
        return pel_fail(ctx, PEL_ETIMEDOUT,
                        "domain %u did not suspend in %llu s: its kernel may "
                        "not be able to",
                        domid, SUSPEND_LIMIT_NS / 1000000000ull);
    if (rc)
        return rc;
    if (w.info.dying || w.info.reason != SHUTDOWN_suspend)
        return pel_fail(ctx, PEL_ESTATE,
                        "domain %u has shut down instead of suspending", domid);
    return 0;
}

/* The value that its call returns: 0 would mean that it was restored. */
static int tell_cancelled(struct pel_ctx *ctx, uint32_t domid)
{
    struct vcpu_guest_context *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return pel_fail_oom(ctx);
    rc = pel_hc_get_vcpu(ctx, domid, 0, c);
    if (!rc) {
        c->user_regs.rax = 1;
        rc = pel_hc_set_vcpu(ctx, domid, 0, c);
    }
    free(c);
    return rc;
}

int domain_resume(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_dominfo info;
    struct pel_store s;
    int rc = pel_domain_get(ctx, domid, &info);

    if (rc || !info.shutdown || info.dying || info.reason != SHUTDOWN_suspend)
        return rc;
    rc = tell_cancelled(ctx, domid);
    if (!rc)
        rc = pel_hc_resume(ctx, domid);
    if (!rc)
        rc = pel_store_use(ctx, &s);
    /* The store forgets that it has told of the shutdown. */
    if (!rc && !xs_resume_domain(s.xs, domid))
        rc = pel_fail_sys(ctx, PEL_ESTORE,
                          "the store does not resume domain %u", domid);
    return rc;
}

void domain_resume_later(struct pel_ctx *ctx, uint32_t domid)
{
    struct wait w = { .ctx = ctx, .domid = domid };
    struct request r = { .domid = domid };
    const struct timespec nap = { .tv_nsec = NAP_NS };
    uint64_t end = pel_store_now_ns() + LATE_LIMIT_NS;
    struct pel_store s;
    int rc;

    /* Whatever killed our caller may have ended the store, too. */
    while ((rc = pel_store_use(ctx, &s)) && pel_store_now_ns() < end)
        nanosleep(&nap, NULL);
    if (!rc) {
        pel_store_txn(&s, take_back, &r);
        wait_still(&w, &s, LATE_LIMIT_NS);
    }
    domain_resume(ctx, domid); /* which does nothing to one that runs */
}
