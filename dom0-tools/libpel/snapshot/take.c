/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking a snapshot of a running guest.  All that can fail without the guest
 * is done before it is asked to suspend.
 */
#include <stdlib.h>
#include <string.h>
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/snapshot.h>
#include "make.h"

/* What is needed while the guest stands still. */
struct taking {
    struct making m;
    uint32_t domid;
    char *header; /* of the image */
    struct disk_sources *disks;
    bool (*stop)(void);
};

static int store(void *arg)
{
    struct taking *t = arg;
    struct making *m = &t->m;
    int rc = pel_domain_send(m->ctx, t->domid, t->header, parts_write,
                             m->memory, t->stop);

    if (rc)
        return rc;
    disks_freeze(t->disks);
    return disks_store(m->ctx, t->disks, false, m->dir, &m->pages, &m->m,
                       t->stop);
}

static int take(struct snap_folder *f, struct taking *t, const char *name,
                const struct pel_config *cfg)
{
    struct making *m = &t->m;
    char *parent = snap_head_read(f);
    int rc = making_begin(f, name, parent, m);

    if (!rc)
        rc = making_describe(m, cfg, t->disks->nr);
    if (!rc)
        rc = pel_domain_image_text(f->ctx, t->domid, NULL, &t->header);
    if (!rc)
        rc = pel_domain_hold(f->ctx, t->domid, store, t);
    if (!rc)
        rc = disks_store(f->ctx, t->disks, true, m->dir, &m->pages, &m->m,
                         t->stop);
    if (!rc)
        rc = making_commit(m);
    if (!rc)
        rc = snap_head_write(f, name);
    making_end(m);
    free(t->header);
    free(parent);
    return rc;
}

int pel_snapshot_create(struct pel_ctx *ctx, const char *place, uint32_t domid,
                        const char *name, bool no_disks, bool (*stop)(void))
{
    struct disk_sources disks = { .nr = 0 };
    struct taking t = { .domid = domid, .disks = &disks, .stop = stop };
    struct pel_config cfg;
    struct snap_folder f = { .fd = -1 };
    int rc = snap_name_check(ctx, name);

    if (rc)
        return rc;
    pel_config_init(&cfg);
    rc = pel_domain_config(ctx, domid, &cfg);
    if (!rc && !no_disks)
        rc = disks_open(ctx, &cfg, &disks);
    if (!rc)
        rc = snap_folder_open(ctx, place, cfg.uuid, true, true, &f);
    if (!rc)
        rc = take(&f, &t, name, &cfg);
    snap_folder_close(&f);
    disks_close(&disks);
    pel_config_free(&cfg);
    return rc;
}
