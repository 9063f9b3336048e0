/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest goes back to a snapshot. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include <pel/domain.h>
#include <pel/migrate.h>
#include <pel/snapshot.h>
#include "bring_back.h"
#include "verify.h"

/* The file itself, so that a link to it stays one. */
static char *real_target(const char *target)
{
    char *path = realpath(target, NULL);

    return path || errno != ENOENT ? path : strdup(target);
}

static bool is_device(const char *path)
{
    struct stat st;

    return !stat(path, &st) && S_ISBLK(st.st_mode);
}

/* Files are written aside; devices when nobody uses them any more. */
static int write_files(struct snap_chain *c, struct new_disks *d,
                       bool (*stop)(void))
{
    const struct snap_manifest *m = &c->layers[0].m;
    int rc = 0;

    for (size_t i = 0; !rc && i < m->nr_disks; i++) {
        char *path;

        if (is_device(m->disks[i].target))
            continue;
        path = real_target(m->disks[i].target);
        rc = path ? new_disk_write(c, i, path, path, d, stop)
                  : pel_fail_sys(c->ctx, PEL_EIO, "cannot find %s",
                                 m->disks[i].target);
    }
    return rc;
}

/* Before the guest is gone: whether its disks will fit. */
static int check_device(struct pel_ctx *ctx, const struct snap_disk *disk)
{
    int fd = open(disk->target, O_WRONLY | O_CLOEXEC);
    uint64_t size = 0;
    int rc = 0;

    if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size))
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot write %s", disk->target);
    else if (size < disk->len)
        rc = pel_fail(ctx, PEL_EINVAL, "%s has %llu bytes, and the disk %llu",
                      disk->target, (unsigned long long)size,
                      (unsigned long long)disk->len);
    if (fd >= 0)
        close(fd);
    return rc;
}

static int write_device(struct snap_chain *c, size_t i, const char *path)
{
    struct image_file f;
    int rc = pel_disk_check_unused(c->ctx, path);

    if (!rc)
        rc = image_file_create(c->ctx, path, &f);
    if (rc)
        return rc;
    rc = disk_write_out(c, i, image_file_write, &f, NULL);
    if (!rc)
        rc = image_file_commit(&f);
    image_file_abort(&f);
    return rc;
}

static int each_device(struct snap_chain *c, bool write)
{
    const struct snap_manifest *m = &c->layers[0].m;
    int rc = 0;

    for (size_t i = 0; !rc && i < m->nr_disks; i++)
        if (is_device(m->disks[i].target))
            rc = write ? write_device(c, i, m->disks[i].target)
                       : check_device(c->ctx, &m->disks[i]);
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
            rc = pel_migrate_destroy_own(ctx, list[i].domid);
    free(list);
    return rc;
}

static int revert(struct bringing *b, uint32_t *domid)
{
    const struct snap_manifest *m = &b->chain.layers[0].m;
    int rc = chain_verify(&b->chain);

    if (!rc)
        rc = each_device(&b->chain, false);
    if (!rc)
        rc = write_files(&b->chain, &b->disks, b->stop);
    if (!rc && b->stop && b->stop())
        rc = pel_fail(b->ctx, PEL_ESTATE, "interrupted");

    /* From here on the snapshot is all that there is of the guest. */
    if (!rc)
        rc = destroy_running(b->ctx, m->uuid);
    if (!rc)
        rc = each_device(&b->chain, true);
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
