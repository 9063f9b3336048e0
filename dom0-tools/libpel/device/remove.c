/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removing devices.  Politely: the back end is asked to close, which the
 * guest's front end agrees to.  By force: the front end's nodes go, and the
 * back end takes that for a guest that is no more.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>

#include <pel/ctx.h>
#include <pel/device.h>

#include "remove.h"

#define POLITE_MS 5000
#define FORCED_MS 5000
#define DROPPED_MS 2000
#define DROPPED_STEP_MS 10 /* nothing tells when the kernel drops a device */

struct closing {
    const struct device *dev;
    bool force;
};

/* Back ends whose state Linux drives; others have nobody to wait for. */
static bool driven_by_kernel(const struct device *dev)
{
    return (!strcmp(dev->kind, "vbd") || !strcmp(dev->kind, "vif")) &&
           backend_present(dev);
}

/* Nodes that are gone are not made anew by saying that they shall go. */
static int close_txn(struct pel_store *s, void *arg)
{
    const struct closing *c = arg;
    uint64_t state;
    int rc;

    if (c->force) {
        rc = pel_store_rm(s, "%s", c->dev->front);
        if (rc)
            return rc;
    }
    rc = pel_store_read_u64(s, &state, "%s/state", c->dev->back);
    if (rc == -ENOENT || (!rc && state == XenbusStateClosed))
        return 0;
    rc = pel_store_put(s, c->dev->back, "online", "0");

    return rc ? rc
              : pel_store_put(s, c->dev->back, "state", "%d",
                              XenbusStateClosing);
}

static int close_device(struct pel_store *s, const struct device *dev,
                        bool force)
{
    struct closing c = { .dev = dev, .force = force };

    return pel_store_txn(s, close_txn, &c);
}

static int closed_check(struct pel_store *s, void *arg)
{
    const struct device *dev = arg;
    uint64_t state;
    int rc;

    rc = pel_store_read_u64(s, &state, "%s/state", dev->back);
    if (rc == -ENOENT)
        return 1;
    if (rc)
        return rc == -EINVAL ? 0 : rc;

    return state == XenbusStateClosed;
}

static int wait_closed(struct pel_store *s, const struct device *dev,
                       uint64_t deadline_ns)
{
    struct device copy = *dev;
    int rc;

    if (!driven_by_kernel(dev))
        return 0;
    rc = pel_store_wait(s, deadline_ns, closed_check, &copy, "%s/state",
                        dev->back);

    return rc > 0 ? 0 : rc;
}

/* The script that took the device's side of dom0 up takes it down again. */
static int run_script(struct pel_ctx *ctx, struct pel_store *s,
                      const struct device *dev)
{
    bool vif = !strcmp(dev->kind, "vif");
    char *script = pel_store_read(s, "%s/script", dev->back);
    char *bridge = pel_store_read(s, "%s/bridge", dev->back);
    char e_vif[32], e_bridge[64];
    const char *const env[] = { e_vif, e_bridge, NULL };
    int rc = 0;

    snprintf(e_vif, sizeof(e_vif), "vif=vif%u.%u", dev->domid, dev->devid);
    snprintf(e_bridge, sizeof(e_bridge), "bridge=%s", bridge ? bridge : "");
    if (script && strcmp(script, SCRIPT_NONE) &&
        (vif || !strcmp(dev->kind, "vbd")))
        rc = script_run(ctx, dev, script, vif ? "offline" : "remove",
                        vif ? env : NULL);
    free(script);
    free(bridge);

    return rc;
}

/* A back end that did not close by itself is dropped with its nodes. */
static int wait_dropped(struct pel_ctx *ctx, struct pel_store *s,
                        const struct device *dev)
{
    uint64_t deadline_ns = pel_store_now_ns() + DROPPED_MS * 1000000ull;

    while (driven_by_kernel(dev)) {
        if (pel_store_now_ns() >= deadline_ns)
            return backend_fail(ctx, s, dev, PEL_ETIMEDOUT,
                                "its back end does not let go");
        poll(NULL, 0, DROPPED_STEP_MS);
    }

    return 0;
}

/* Second part: the back end was told to close. */
static int finish_removal(struct pel_ctx *ctx, struct pel_store *s,
                          const struct device *dev, bool force,
                          uint64_t deadline_ns)
{
    int rc, script_rc, nodes_rc;

    rc = wait_closed(s, dev, deadline_ns);
    if (rc == -ETIMEDOUT && !force) {
        rc = close_device(s, dev, true);
        if (!rc)
            rc = wait_closed(s, dev,
                             pel_store_now_ns() + FORCED_MS * 1000000ull);
    }
    if (rc && rc != -ETIMEDOUT)
        pel_store_fail(ctx, rc, "cannot close %s", dev->back);

    script_rc = run_script(ctx, s, dev);
    nodes_rc = nodes_remove(s, dev);
    if (nodes_rc)
        return pel_store_fail(ctx, nodes_rc, "cannot remove the nodes of %s",
                              dev->back);
    if (rc == -ETIMEDOUT)
        rc = wait_dropped(ctx, s, dev);
    else if (rc)
        rc = -PEL_ESTORE;

    return rc ? rc : script_rc;
}

int device_remove(struct pel_ctx *ctx, struct pel_store *s,
                  const struct device *dev)
{
    int rc = close_device(s, dev, true);

    if (rc)
        return pel_store_fail(ctx, rc, "cannot close %s", dev->back);

    return finish_removal(ctx, s, dev, true,
                          pel_store_now_ns() + FORCED_MS * 1000000ull);
}

static bool is_there(struct pel_store *s, const struct device *dev)
{
    char *front = pel_store_read(s, "%s/frontend", dev->back);

    free(front);
    return front != NULL;
}

/* A guest that holds on keeps it: its disk may be mounted. */
static int detach_politely(struct pel_ctx *ctx, struct pel_store *s,
                           const struct device *dev)
{
    uint64_t deadline_ns = pel_store_now_ns() + POLITE_MS * 1000000ull;
    int rc = close_device(s, dev, false);

    if (!rc)
        rc = wait_closed(s, dev, deadline_ns);
    if (rc == -ETIMEDOUT)
        return pel_fail(ctx, PEL_ETIMEDOUT,
                        "the guest does not let go of %s %u: it may be in "
                        "use there; --force takes it anyway",
                        dev->kind, dev->devid);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot close %s", dev->back);
    return finish_removal(ctx, s, dev, false, deadline_ns);
}

int pel_device_detach(struct pel_ctx *ctx, uint32_t domid, const char *kind,
                      uint32_t devid, bool force)
{
    struct pel_store s;
    struct device dev;
    int rc = pel_store_use(ctx, &s);

    if (rc)
        return rc;
    device_init(&dev, domid, kind, devid);
    if (!is_there(&s, &dev))
        return pel_fail(ctx, PEL_ENOENT, "domain %u has no %s %u", domid, kind,
                        devid);
    return force ? device_remove(ctx, &s, &dev)
                 : detach_politely(ctx, &s, &dev);
}

int pel_devices_remove_all(struct pel_ctx *ctx, uint32_t domid, bool force)
{
    struct device *dev = NULL;
    uint64_t deadline_ns;
    struct pel_store s;
    size_t nr = 0;
    int first = 0;
    int rc;

    rc = devices_open(ctx, domid, &s, &dev, &nr);
    if (rc)
        return rc;

    for (size_t i = 0; i < nr; i++) {
        rc = close_device(&s, &dev[i], force);
        if (rc && !first)
            first = pel_store_fail(ctx, rc, "cannot close %s", dev[i].back);
    }
    deadline_ns =
        pel_store_now_ns() + (force ? FORCED_MS : POLITE_MS) * 1000000ull;
    for (size_t i = 0; i < nr; i++) {
        rc = finish_removal(ctx, &s, &dev[i], force, deadline_ns);
        first = first ? first : rc;
    }
    free(dev);

    return first;
}
