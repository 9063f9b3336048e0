/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another guest from a snapshot: same memory, another identity. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/snapshot.h>
#include "bring_back.h"
#include "verify.h"

static int take_config(struct snap_chain *c, struct pel_config *cfg)
{
    struct pel_image_reader *r = calloc(1, sizeof(*r));
    struct parts_reader parts = { .text = NULL };
    int rc;

    if (!r)
        return pel_fail_oom(c->ctx);
    r->ctx = c->ctx;
    r->read = parts_read;
    r->arg = &parts;
    rc = parts_reader_open(c, "memory", &c->layers[0].m.memory, &parts);
    if (!rc)
        rc = pel_image_open(r);
    if (!rc)
        rc = pel_domain_image_config(c->ctx, r, cfg);
    parts_reader_close(&parts);
    pel_image_close(r);
    free(r);
    return rc;
}

static int change_identity(struct pel_ctx *ctx, struct pel_config *cfg,
                           const char *newname, bool no_network)
{
    char *name = strdup(newname);
    int rc = 0;

    if (!name)
        return pel_fail_oom(ctx);
    free(cfg->name);
    cfg->name = name;
    uuid_generate_random(cfg->uuid);
    for (size_t i = 0; !rc && i < cfg->nr_nics; i++) {
        struct pel_nic *nic = &cfg->nics[i];

        if (no_network) {
            pel_nic_free(nic);
            continue;
        }
        memset(nic->mac, 0, sizeof(nic->mac));
        nic->has_mac = false;
        free(nic->ifname);
        nic->ifname = NULL; /* a name on the host is for one */
        rc = pel_nic_draw_mac(ctx, nic);
    }
    if (no_network)
        cfg->nr_nics = 0;
    return rc;
}

/* Its place in the snapshot; -1: it is not there. */
static int find_disk(const struct snap_manifest *m, const char *vdev)
{
    for (size_t i = 0; i < m->nr_disks; i++)
        if (!strcmp(m->disks[i].vdev, vdev))
            return i;
    return -1;
}

static int copy_disk(struct snap_chain *c, struct pel_disk *disk,
                     const char *newname, struct new_disks *d,
                     bool (*stop)(void))
{
    int i = find_disk(&c->layers[0].m, disk->vdev), rc;
    char *path, *target;

    if (i < 0)
        return pel_fail(c->ctx, PEL_ENOTSUP,
                        "disk %s is writable and not in snapshot %s: take one "
                        "without --no-disks",
                        disk->vdev, c->layers[0].m.name);
    if (asprintf(&path, "%s.%s", disk->target, newname) < 0)
        return pel_fail_oom(c->ctx);
    if (!access(path, F_OK)) {
        rc = pel_fail(c->ctx, PEL_EEXIST,
                      "there is a file %s already: remove it or choose "
                      "another name",
                      path);
        free(path);
        return rc;
    }
    target = strdup(path);
    rc = new_disk_write(c, i, path, disk->target, d, stop);
    if (!target)
        return pel_fail_oom(c->ctx);
    free(disk->target);
    disk->target = target;
    return rc;
}

/* Removes the disks of a clone that came to nothing. */
static void remove_disks(const struct new_disks *d)
{
    for (size_t i = 0; i < d->nr; i++)
        unlink(d->paths[i]);
}

static int clone_it(struct snap_chain *c, struct pel_config *cfg,
                    struct new_disks *disks, bool (*stop)(void),
                    uint32_t *domid)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < cfg->nr_disks; i++)
        if (cfg->disks[i].writable)
            rc = copy_disk(c, &cfg->disks[i], cfg->name, disks, stop);
    if (rc)
        return rc;
    rc = new_disks_commit(disks);
    if (!rc)
        rc = bring_back(c, cfg, stop, domid);
    if (rc)
        remove_disks(disks);
    return rc;
}

static int clone_named(struct snap_folder *f, const char *name,
                       const char *newname, bool no_network, bool (*stop)(void),
                       uint32_t *domid)
{
    struct snap_chain *c = calloc(1, sizeof(*c));
    struct new_disks *disks = calloc(1, sizeof(*disks));
    struct pel_config cfg;
    int rc = c && disks ? snap_chain_open(f, name, c) : pel_fail_oom(f->ctx);

    pel_config_init(&cfg);
    if (!rc)
        rc = take_config(c, &cfg);
    if (!rc)
        rc = change_identity(f->ctx, &cfg, newname, no_network);
    if (!rc)
        rc = clone_it(c, &cfg, disks, stop, domid);
    pel_config_free(&cfg);
    if (disks)
        new_disks_end(disks);
    if (c)
        snap_chain_close(c);
    free(disks);
    free(c);
    return rc;
}

int pel_snapshot_clone(struct pel_ctx *ctx, const char *place, const char *who,
                       const char *name, const char *newname, bool no_network,
                       bool (*stop)(void), uint32_t *domid)
{
    struct snap_folder f = { .fd = -1 };
    uint8_t uuid[16];
    uint32_t other;
    int rc = pel_name_check(ctx, newname);

    if (!rc && !pel_domain_find(ctx, newname, &other))
        rc = pel_fail(ctx, PEL_EEXIST,
                      "there is a domain \"%s\" already, with id %u: choose "
                      "another name",
                      newname, other);
    if (!rc) {
        pel_error_clear(ctx);
        rc = snap_folder_find(ctx, place, who, uuid);
    }
    if (!rc)
        rc = snap_folder_open(ctx, place, uuid, false, true, &f);
    if (!rc)
        rc = clone_named(&f, name, newname, no_network, stop, domid);
    snap_folder_close(&f);
    return rc;
}
