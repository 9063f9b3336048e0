/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a domain, whole or half made.
 *
 * Order: it stops running; back ends let go of its pages; the hypervisor
 * frees it; its nodes go.  Each step accepts that somebody else, peld above
 * all, has done it a moment ago.
 */
#include <stdio.h>
#include <time.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include "local.h"

#define GONE_LIMIT_NS 10000000000ull
#define GONE_STEP_NS 5000000

/* "It is not there any more" is what we want. */
static int fine_if_gone(struct pel_ctx *ctx, int rc)
{
    if (rc != -PEL_ENOENT)
        return rc;
    pel_error_clear(ctx);
    return 0;
}

/* The first thing that went wrong, while the rest goes on. */
struct trouble {
    int rc;
    char message[PEL_MESSAGE_MAX];
};

static void note(struct pel_ctx *ctx, struct trouble *t, int rc)
{
    if (rc && !t->rc) {
        t->rc = rc;
        snprintf(t->message, sizeof(t->message), "%s", ctx->message);
    }
    pel_error_clear(ctx);
}

/*
 * The last frames are freed when the last mapping of them goes; nothing
 * tells us of that moment, hence the short naps.
 */
static int wait_gone(struct pel_ctx *ctx, uint32_t domid)
{
    const struct timespec nap = { .tv_nsec = GONE_STEP_NS };
    uint64_t deadline = pel_store_now_ns() + GONE_LIMIT_NS;
    struct xen_domctl_getdomaininfo info;
    int rc;

    while ((rc = pel_hc_info(ctx, domid, &info)) == 0) {
        if (!(info.flags & XEN_DOMINF_dying))
            return 0; /* another one with the same id */
        if (pel_store_now_ns() > deadline)
            return pel_fail(ctx, PEL_ETIMEDOUT,
                            "domain %u is dead, but a program in dom0 still "
                            "maps %llu of its pages",
                            domid, (unsigned long long)info.tot_pages);
        nanosleep(&nap, NULL);
    }
    return fine_if_gone(ctx, rc);
}

static int take_apart(struct pel_ctx *ctx, struct pel_store *s, uint32_t domid,
                      const struct xen_domctl_getdomaininfo *info)
{
    struct trouble t = { .rc = 0 };

    note(ctx, &t, pel_devices_remove_all(ctx, domid, true));
    if (info)
        note(ctx, &t, fine_if_gone(ctx, pel_hc_destroy(ctx, domid)));
    /* Wakes whoever waits for the end; fails when it never was introduced. */
    xs_release_domain(s->xs, domid);
    note(ctx, &t, domain_nodes_remove(ctx, domid));
    if (info)
        note(ctx, &t, wait_gone(ctx, domid));
    snprintf(ctx->message, sizeof(ctx->message), "%s", t.message);
    return t.rc;
}

int pel_domain_destroy(struct pel_ctx *ctx, uint32_t domid)
{
    struct xen_domctl_getdomaininfo info;
    struct pel_store s;
    bool exists, known;
    int rc;

    if (domid == 0)
        return pel_fail(ctx, PEL_EINVAL,
                        "dom0 cannot be destroyed: shut the "
                        "host down instead");
    rc = pel_store_use(ctx, &s);
    if (!rc)
        rc = pel_hc_info(ctx, domid, &info);
    if (rc && rc != -PEL_ENOENT)
        return rc;
    exists = !rc;
    known = domain_nodes_exist(ctx, domid);
    if (!exists && !known)
        return rc;
    rc = fine_if_gone(ctx, rc);

    if (exists && !(info.flags & XEN_DOMINF_dying))
        rc = fine_if_gone(ctx, pel_hc_pause(ctx, domid));
    if (rc)
        return rc;
    return take_apart(ctx, &s, domid, exists ? &info : NULL);
}
