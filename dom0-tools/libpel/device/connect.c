/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting until a guest's front ends have connected. */
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>

#include <pel/ctx.h>
#include <pel/device.h>

#include "remove.h"

int pel_devices_wait_connected(struct pel_ctx *ctx, uint32_t domid,
                               int timeout_ms)
{
    uint64_t deadline_ns = pel_store_now_ns() + (uint64_t)timeout_ms * 1000000;
    struct device *dev = NULL;
    struct pel_store s;
    size_t nr = 0;
    int rc;

    rc = devices_open(ctx, domid, &s, &dev, &nr);
    if (rc)
        return rc;
    for (size_t i = 0; i < nr && !rc; i++)
        if (!strcmp(dev[i].kind, "vbd") || !strcmp(dev[i].kind, "vif"))
            rc = backend_wait(ctx, &s, &dev[i], XenbusStateConnected,
                              deadline_ns);
    free(dev);

    return rc;
}
