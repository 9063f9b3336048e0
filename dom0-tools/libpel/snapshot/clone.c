/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another guest from a snapshot: same memory, another identity. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/snapshot.h>
#include "bring_back.h"
#include "clone.h"
#include "verify.h"

static int take_config(struct snap_chain *c, struct pel_config *cfg)
{
    struct chain_image *i;
    int rc = chain_image_open(c, &i);

    if (!rc)
        rc = pel_domain_image_config(c->ctx, &i->reader, cfg);
    chain_image_close(i);
    return rc;
}

int clone_identity(struct pel_ctx *ctx, struct pel_config *cfg,
                   const struct pel_clone *how)
{
    char *name = strdup(how->name);
    int rc = 0;

    if (!name)
        return pel_fail_oom(ctx);
    free(cfg->name);
    cfg->name = name;
    uuid_generate_random(cfg->uuid);
    for (size_t i = 0; !rc && i < cfg->nr_nics; i++) {
        struct pel_nic *nic = &cfg->nics[i];

        if (how->no_network) {
            pel_nic_free(nic);
            continue;
        }
        memset(nic->mac, 0, sizeof(nic->mac));
        nic->has_mac = false;
        free(nic->ifname);
        nic->ifname = NULL; /* a name on the host is for one */
        rc = pel_nic_draw_mac(ctx, nic);
    }
    if (how->no_network)
        cfg->nr_nics = 0;
    return rc;
}

/* malloc'ed */
static int copy_of(struct pel_ctx *ctx, const struct pel_disk *disk,
                   const struct pel_clone *how, char **target)
{
    char *folder;
    struct stat st;
    int len;

    if (!how->disks) {
        if (!stat(disk->target, &st) && S_ISBLK(st.st_mode))
            return pel_fail(ctx, PEL_ENOTSUP,
                            "disk %s (%s) is a block device: name a folder "
                            "for its copy with --disks",
                            disk->vdev, disk->target);
        len = asprintf(target, "%s.%s", disk->target, how->name);
        return len < 0 ? pel_fail_oom(ctx) : 0;
    }
    folder = realpath(how->disks, NULL);
    if (!folder)
        return pel_fail_sys(ctx, PEL_EIO, "cannot find the folder %s",
                            how->disks);
    len = asprintf(target, "%s/%s.%s", folder, disk->vdev, how->name);
    free(folder);
    return len < 0 ? pel_fail_oom(ctx) : 0;
}

int clone_disk(struct pel_ctx *ctx, struct pel_disk *disk,
               const struct pel_clone *how, char **path)
{
    char *target;
    int rc = copy_of(ctx, disk, how, &target);

    if (rc)
        return rc;
    free(disk->target);
    disk->target = target;
    disk->backend = PEL_DISK_FILE;
    if (!access(target, F_OK))
        return pel_fail(ctx, PEL_EEXIST,
                        "there is a file %s already: remove it or choose "
                        "another name",
                        target);
    *path = strdup(target);
    return *path ? 0 : pel_fail_oom(ctx);
}

int clone_name_check(struct pel_ctx *ctx, const char *newname)
{
    uint32_t other;
    int rc = pel_name_check(ctx, newname);

    if (rc)
        return rc;
    if (!pel_domain_find(ctx, newname, &other))
        return pel_fail(ctx, PEL_EEXIST,
                        "there is a domain \"%s\" already, with id %u: choose "
                        "another name",
                        newname, other);
    pel_error_clear(ctx);
    return 0;
}

/* Its place in the snapshot; -1: it is not there. */
static int find_disk(const struct snap_manifest *m, const char *vdev)
{
    for (size_t i = 0; i < m->nr_disks; i++)
        if (!strcmp(m->disks[i].vdev, vdev))
            return i;
    return -1;
}

static int copy_disk(struct bringing *b, struct pel_disk *disk,
                     const struct pel_clone *how)
{
    const struct snap_manifest *m = &b->chain.layers[0].m;
    int i = find_disk(m, disk->vdev), rc;
    char *like, *path;

    if (i < 0)
        return pel_fail(b->ctx, PEL_ENOTSUP,
                        "disk %s is writable and not in snapshot %s: take one "
                        "without --no-disks",
                        disk->vdev, m->name);
    like = strdup(disk->target);
    if (!like)
        return pel_fail_oom(b->ctx);
    rc = clone_disk(b->ctx, disk, how, &path);
    if (!rc)
        rc = new_disk_write(&b->chain, i, path, like, &b->disks, b->stop);
    free(like);
    return rc;
}

static int clone_it(struct bringing *b, struct pel_config *cfg,
                    const struct pel_clone *how, uint32_t *domid)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < cfg->nr_disks; i++)
        if (cfg->disks[i].writable)
            rc = copy_disk(b, &cfg->disks[i], how);
    if (rc)
        return rc;
    rc = new_disks_commit(&b->disks);
    if (!rc)
        rc = bring_back(b, cfg, domid);
    if (rc)
        new_disks_remove(&b->disks);
    return rc;
}

int pel_snapshot_clone(struct pel_ctx *ctx, const char *place, const char *who,
                       const char *name, const struct pel_clone *how,
                       bool (*stop)(void), uint32_t *domid)
{
    struct bringing *b = NULL;
    struct pel_config cfg;
    int rc = clone_name_check(ctx, how->name);

    pel_config_init(&cfg);
    if (!rc)
        rc = bringing_begin(ctx, place, who, name, stop, &b);
    if (!rc)
        rc = take_config(&b->chain, &cfg);
    if (!rc)
        rc = clone_identity(ctx, &cfg, how);
    if (!rc)
        rc = clone_it(b, &cfg, how, domid);
    pel_config_free(&cfg);
    bringing_end(b);
    return rc;
}
