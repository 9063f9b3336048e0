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

static int revert(struct bringing *b, uint32_t *domid)
{
    const struct snap_manifest *m = &b->chain.layers[0].m;
    int rc = chain_verify(&b->chain);

    if (!rc)
        rc = write_disks(&b->chain, &b->disks, b->stop);
    if (!rc && b->stop && b->stop())
        rc = pel_fail(b->ctx, PEL_ESTATE, "interrupted");

    /* From here on the snapshot is all that there is of the guest. */
    if (!rc)
        rc = destroy_running(b->ctx, m->uuid);
    if (!rc)
        rc = new_disks_commit(&b->disks);
    if (!rc)
        rc = snap_head_write(&b->folder, m->name);
    return rc ? rc : bring_back(b, NULL, domid);
}

int pel_snapshot_revert(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name, bool (*stop)(void), uint32_t *domid)
{
    struct bringing *b;
    int rc = bringing_begin(ctx, place, who, name, stop, &b);

    if (!rc)
        rc = revert(b, domid);
    bringing_end(b);
    return rc;
}
