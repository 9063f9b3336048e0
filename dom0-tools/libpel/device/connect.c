/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting until a guest's front ends have connected. */
#include <string.h>

#include <xen/io/xenbus.h>

#include <pel/ctx.h>
#include <pel/device.h>

#include "remove.h"

static int wait_for(struct pel_ctx *ctx, struct pel_store *s,
                    const struct device *dev, uint64_t deadline_ns)
{
    if (strcmp(dev->kind, "vbd") && strcmp(dev->kind, "vif"))
        return 0;

    return backend_wait(ctx, s, dev, XenbusStateConnected, deadline_ns);
}

int pel_devices_wait_connected(struct pel_ctx *ctx, uint32_t domid,
                               int timeout_ms)
{
    return devices_each(ctx, domid, timeout_ms, wait_for);
}
