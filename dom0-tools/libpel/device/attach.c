/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaching: all devices begin, each is waited for, or all are undone. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xen/io/xenbus.h>

#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/device.h>

#include "attach.h"
#include "remove.h"

uint64_t attach_deadline(void)
{
    return pel_store_now_ns() + (uint64_t)ATTACH_TIMEOUT_MS * 1000000;
}

static int begin(struct pel_ctx *ctx, struct pel_store *s, struct attachment *a)
{
    return a->disk ? vbd_begin(ctx, s, a) : vif_begin(ctx, s, a);
}

/* The time limit begins here: a script before this one may take its time. */
static int finish(struct pel_ctx *ctx, struct pel_store *s,
                  struct attachment *a)
{
    a->deadline_ns = attach_deadline();

    return a->disk ? vbd_finish(ctx, s, a) : vif_finish(ctx, s, a);
}

/* The first message is the cause: what undoing says is dropped after it. */
static void undo(struct pel_ctx *ctx, struct pel_store *s, struct attachment *a)
{
    if (a->created)
        device_remove(ctx, s, &a->dev);
}

static int attach_all(struct pel_ctx *ctx, struct attachment *a, size_t nr)
{
    struct pel_store s;
    int rc;

    rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    for (size_t i = 0; i < nr && !rc; i++)
        rc = begin(ctx, &s, &a[i]);
    for (size_t i = 0; i < nr && !rc; i++)
        rc = finish(ctx, &s, &a[i]);
    for (size_t i = 0; i < nr; i++) {
        if (rc)
            undo(ctx, &s, &a[i]);
        if (a[i].loop_fd >= 0)
            close(a[i].loop_fd);
    }

    return rc;
}

int pel_vbd_attach(struct pel_ctx *ctx, uint32_t domid,
                   const struct pel_disk *disk)
{
    struct attachment a = { .domid = domid, .disk = disk, .loop_fd = -1 };

    return attach_all(ctx, &a, 1);
}

int pel_vif_attach(struct pel_ctx *ctx, uint32_t domid, uint32_t devid,
                   const struct pel_nic *nic)
{
    struct attachment a = {
        .domid = domid, .nic = nic, .devid = devid, .loop_fd = -1
    };

    return attach_all(ctx, &a, 1);
}

int pel_devices_attach(struct pel_ctx *ctx, uint32_t domid,
                       const struct pel_config *cfg)
{
    size_t nr = cfg->nr_disks + cfg->nr_nics;
    struct attachment *a;
    int rc;

    if (!nr)
        return 0;
    a = calloc(nr, sizeof(*a));
    if (!a)
        return pel_fail_oom(ctx);
    for (size_t i = 0; i < nr; i++) {
        a[i].domid = domid;
        a[i].loop_fd = -1;
        if (i < cfg->nr_disks) {
            a[i].disk = &cfg->disks[i];
        } else {
            a[i].devid = (uint32_t)(i - cfg->nr_disks);
            a[i].nic = &cfg->nics[a[i].devid];
        }
    }
    rc = attach_all(ctx, a, nr);
    free(a);

    return rc;
}
