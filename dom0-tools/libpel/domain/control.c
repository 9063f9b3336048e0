/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small orders to a domain, and waiting for its shutdown. */
#include <string.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include "local.h"

int pel_domain_pause(struct pel_ctx *ctx, uint32_t domid)
{
    if (domid == 0)
        return pel_fail(ctx, PEL_EINVAL,
                        "dom0 cannot be paused: nobody "
                        "could unpause it");
    return pel_hc_pause(ctx, domid);
}

int pel_domain_unpause(struct pel_ctx *ctx, uint32_t domid)
{
    return pel_hc_unpause(ctx, domid);
}

int pel_domain_request(struct pel_ctx *ctx, uint32_t domid, const char *what)
{
    struct pel_dominfo info;
    struct pel_store s;
    int rc;

    if (domid == 0)
        return pel_fail(ctx, PEL_EINVAL,
                        "dom0 is not asked this way: shut the host down");
    rc = pel_domain_get(ctx, domid, &info);
    if (rc)
        return rc;
    if (info.shutdown || info.dying)
        return pel_fail(ctx, PEL_ESTATE, "domain %u is %s already", domid,
                        info.dying ? "dying" : "shut down");
    rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    rc = pel_store_write(&s, what, "/local/domain/%u/control/shutdown", domid);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot ask domain %u", domid);
    return 0;
}

int pel_domain_sysrq(struct pel_ctx *ctx, uint32_t domid, char key)
{
    const char text[] = { key, '\0' };
    struct pel_dominfo info;
    struct pel_store s;
    int rc;

    if (domid == 0)
        return pel_fail(ctx, PEL_EINVAL,
                        "dom0 has its own: write to /proc/sysrq-trigger");
    rc = pel_domain_get(ctx, domid, &info);
    if (!rc)
        rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    rc = pel_store_write(&s, text, "/local/domain/%u/control/sysrq", domid);
    return rc ? pel_store_fail(ctx, rc, "cannot ask domain %u", domid) : 0;
}

struct wait {
    struct pel_ctx *ctx;
    uint32_t domid;
    bool gone;
    int rc;
};

/* 0 goes on waiting; 1 ends it, with the outcome in @arg. */
static int has_shut_down(struct pel_store *s, void *arg)
{
    struct wait *w = arg;
    struct pel_dominfo info;

    (void)s;
    w->rc = pel_domain_get(w->ctx, w->domid, &info);
    if (w->rc == -PEL_ENOENT) {
        pel_error_clear(w->ctx);
        w->gone = true;
        w->rc = 0;
        return 1;
    }
    return w->rc || info.shutdown || info.dying;
}

int pel_domain_wait_shutdown(struct pel_ctx *ctx, uint32_t domid,
                             int timeout_ms, bool *gone)
{
    struct wait w = { .ctx = ctx, .domid = domid };
    uint64_t deadline = UINT64_MAX;
    struct pel_store s;
    int rc = pel_store_use(ctx, &s);

    if (rc)
        return rc;
    if (timeout_ms >= 0)
        deadline = pel_store_now_ns() + timeout_ms * 1000000ull;
    rc = pel_store_wait(&s, deadline, has_shut_down, &w, "@releaseDomain");
    if (rc < 0)
        return pel_store_fail(ctx, rc, "cannot wait for domain %u", domid);
    *gone = w.gone;
    return w.rc;
}
