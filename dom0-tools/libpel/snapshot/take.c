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
#include "disk_pages.h"
#include "follow.h"
#include "make.h"
#include "memory.h"

struct taking {
    struct making m;
    uint32_t domid;
    char *header; /* of the image */
    uint64_t still_ms;
    struct snap_memory memory;
    const struct pel_config *cfg;
    struct disk_sources *disks;
    struct follower follower;
    struct disk_pages known[SNAP_DISKS_MAX]; /* of those that are followed */
    bool (*stop)(void);
};

static int take_text(void *arg, const void *buf, size_t len)
{
    struct taking *t = arg;

    return snap_memory_text(&t->memory, buf, len);
}

static int take_pages(void *arg, const uint64_t *pfns, const uint32_t *types,
                      const void *const *pages, size_t nr)
{
    struct taking *t = arg;

    return snap_memory_pages(&t->memory, pfns, types, pages, nr);
}

static int take_disk_piece(void *arg, size_t i, uint64_t from, const void *data,
                           uint64_t len)
{
    struct taking *t = arg;

    return disk_pages_put(&t->m.pages, &t->known[i], t->disks->list[i].size,
                          from, data, len);
}

static int follow_disks(void *arg)
{
    struct taking *t = arg;

    return follow_begin(&t->follower, t->domid, t->cfg);
}

/* Disks are of the instant of the memory; reflinks are read afterwards. */
static int take_disks(void *arg)
{
    struct taking *t = arg;
    struct making *m = &t->m;
    int rc;

    disks_freeze(t->disks);
    rc = follow_last(&t->follower, t->domid);
    return rc ? rc
              : disks_store(m->ctx, t->disks, false, m->dir, &m->pages, &m->m,
                            t->stop);
}

/* What can be done when the guest runs again. */
static int finish_disks(struct taking *t)
{
    struct making *m = &t->m;
    int rc =
        disks_store(m->ctx, t->disks, true, m->dir, &m->pages, &m->m, t->stop);

    return rc ? rc
              : disks_store_followed(m->ctx, t->disks, t->known, m->dir,
                                     &m->pages, &m->m);
}

static int capture(struct taking *t)
{
    struct making *m = &t->m;
    struct pel_capture c = {
        .config = t->header,
        .write = take_text,
        .pages = take_pages,
        .begin = follow_disks,
        .still = take_disks,
        .arg = t,
        .disks = follow_rounds(&t->follower),
        .stop = t->stop,
    };
    int rc;

    t->memory.ctx = m->ctx;
    t->memory.pages = &m->pages;
    t->follower.ctx = m->ctx;
    t->follower.sources = t->disks;
    t->follower.stop = t->stop;
    t->follower.put = take_disk_piece;
    t->follower.arg = t;
    rc = pel_domain_capture(m->ctx, t->domid, &c);
    follow_end(&t->follower);
    m->m.rounds = c.rounds;
    m->m.still_ms = t->still_ms = c.still_ms;
    if (!rc)
        rc = finish_disks(t);
    return rc ? rc : snap_memory_image(&t->memory, t->header, m->memory);
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
        rc = capture(t);
    if (!rc)
        rc = making_commit(m);
    if (!rc)
        rc = snap_head_write(f, name);
    making_end(m);
    snap_memory_free(&t->memory);
    for (size_t i = 0; i < t->disks->nr; i++)
        disk_pages_free(&t->known[i]);
    free(t->header);
    free(parent);
    return rc;
}

int pel_snapshot_create(struct pel_ctx *ctx, const char *place, uint32_t domid,
                        const char *name, bool no_disks, bool (*stop)(void),
                        uint64_t *still_ms)
{
    struct disk_sources disks = { .nr = 0 };
    struct pel_config cfg;
    struct taking t = {
        .domid = domid, .cfg = &cfg, .disks = &disks, .stop = stop
    };
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
    if (!rc && still_ms)
        *still_ms = t.still_ms;
    snap_folder_close(&f);
    disks_close(&disks);
    pel_config_free(&cfg);
    return rc;
}
