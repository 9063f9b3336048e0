/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest goes back to a snapshot. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/snapshot.h>
#include "bring_back.h"
#include "verify.h"

/* The file itself, so that a link to it stays one. */
static char *real_target(const char *target)
{
    char *path = realpath(target, NULL);

    return path || errno != ENOENT ? path : strdup(target);
}

static int write_disks(struct snap_chain *c, struct new_disks *d,
                       bool (*stop)(void))
{
    const struct snap_manifest *m = &c->layers[0].m;
    int rc = 0;

    for (size_t i = 0; !rc && i < m->nr_disks; i++) {
        char *path = real_target(m->disks[i].target);

        rc = path ? new_disk_write(c, i, path, path, d, stop)
                  : pel_fail_sys(c->ctx, PEL_EIO, "cannot find %s",
                                 m->disks[i].target);
    }
    return rc;
}

/* The domain of that UUID, if there is one. */
static int destroy_running(struct pel_ctx *ctx, const uint8_t *uuid)
{
    struct pel_dominfo *list;
    size_t nr;
    int rc = pel_domain_list(ctx, &list, &nr);

    for (size_t i = 0; !rc && i < nr; i++)
        if (list[i].domid && !memcmp(list[i].uuid, uuid, 16) && !list[i].dying)
            rc = pel_domain_destroy(ctx, list[i].domid);
    free(list);
    return rc;
}

static int revert(struct snap_folder *f, struct snap_chain *c,
                  struct new_disks *disks, bool (*stop)(void), uint32_t *domid)
{
    int rc = chain_verify(c);

    if (!rc)
        rc = write_disks(c, disks, stop);
    if (!rc && stop && stop())
        rc = pel_fail(f->ctx, PEL_ESTATE, "interrupted");

    /* From here on the snapshot is all that there is of the guest. */
    if (!rc)
        rc = destroy_running(f->ctx, c->layers[0].m.uuid);
    if (!rc)
        rc = new_disks_commit(disks);
    if (!rc)
        rc = snap_head_write(f, c->layers[0].m.name);
    return rc ? rc : bring_back(c, NULL, stop, domid);
}

int pel_snapshot_revert(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name, bool (*stop)(void), uint32_t *domid)
{
    struct snap_chain *c = calloc(1, sizeof(*c));
    struct new_disks *disks = calloc(1, sizeof(*disks));
    struct snap_folder f = { .fd = -1 };
    uint8_t uuid[16];
    int rc = c && disks ? snap_folder_find(ctx, place, who, uuid)
                        : pel_fail_oom(ctx);

    if (!rc)
        rc = snap_folder_open(ctx, place, uuid, false, true, &f);
    if (!rc)
        rc = snap_chain_open(&f, name, c);
    if (!rc)
        rc = revert(&f, c, disks, stop, domid);
    if (disks)
        new_disks_end(disks);
    if (c)
        snap_chain_close(c);
    free(disks);
    free(c);
    snap_folder_close(&f);
    return rc;
}
