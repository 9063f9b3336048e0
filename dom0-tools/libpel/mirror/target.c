/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that come from another host.  A file is made under another name, and
 * gets its own when it is whole; one that was there under that name is kept
 * until the guest is ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include "local.h"

#define ZEROS_BYTES (64u << 10)

/* One disk on its way. */
struct place {
    const char *path; /* of the configuration */
    uint32_t devid;
    char *fresh; /* the file until it is whole; NULL: a block device */
    int fd;
    bool replaces;    /* there is a file of its name */
    uint64_t written; /* nothing but zeros is behind it, in a file */
};

struct mirror_target {
    struct pel_ctx *ctx;
    struct mirror_setup how;
    const struct pel_config *cfg;
    size_t nr;
    struct place places[MIRROR_DISKS];
    uint64_t sizes[MIRROR_DISKS];
    char list[MIRROR_LIST];
};

int mirror_take_begin(struct pel_ctx *ctx, const struct mirror_setup *how,
                      struct mirror_target **out)
{
    *out = calloc(1, sizeof(**out));
    if (!*out)
        return pel_fail_oom(ctx);
    (*out)->ctx = ctx;
    (*out)->how = *how;
    if (!how->policy.folder)
        return pel_fail(ctx, PEL_ENOTSUP,
                        "this host takes no disks: pel migrate-receive "
                        "--storage DIR permits it");
    return 0;
}

int mirror_take_config(struct mirror_target *t, const struct pel_config *cfg)
{
    int rc = 0;

    t->cfg = cfg;
    for (size_t i = 0; !rc && i < cfg->nr_disks; i++) {
        if (cfg->disks[i].script || !cfg->disks[i].target)
            rc = pel_fail(t->ctx, PEL_ENOTSUP,
                          "disk %s is of a script: nothing can be written to "
                          "it",
                          cfg->disks[i].vdev);
        else
            rc =
                place_check(t->ctx, t->how.policy.folder, cfg->disks[i].target);
    }
    return rc;
}

/* ---- a disk is announced ----------------------------------------------------
 */

static int cannot(struct mirror_target *t, const char *what, const char *path)
{
    return pel_fail_sys(t->ctx, PEL_EIO, "cannot %s %s", what, path);
}

static const struct pel_disk *find(struct mirror_target *t, uint32_t devid)
{
    uint32_t other;

    for (size_t i = 0; i < t->nr; i++)
        if (t->places[i].devid == devid)
            return NULL; /* it stands twice */
    for (size_t i = 0; t->cfg && i < t->cfg->nr_disks; i++)
        if (!pel_vbd_number(t->cfg->disks[i].vdev, &other) && other == devid)
            return &t->cfg->disks[i];
    return NULL;
}

/* Something is there already: both sides have to want it replaced. */
static int check_replacing(struct mirror_target *t, const char *path)
{
    if (!t->how.overwrite)
        return pel_fail(t->ctx, PEL_EEXIST,
                        "%s exists: pel migrate --overwrite would replace it",
                        path);
    if (!t->how.policy.overwrite)
        return pel_fail(t->ctx, PEL_EEXIST,
                        "%s exists, and may not be replaced: pel "
                        "migrate-receive --overwrite permits it",
                        path);
    return pel_disk_check_unused(t->ctx, path);
}

static int open_device(struct mirror_target *t, struct place *p, uint64_t size)
{
    uint64_t there;
    int rc = check_replacing(t, p->path);

    if (rc)
        return rc;
    p->fd = open(p->path, O_RDWR | O_EXCL | O_CLOEXEC);
    if (p->fd < 0 || ioctl(p->fd, BLKGETSIZE64, &there))
        return cannot(t, "use", p->path);
    if (there < size)
        return pel_fail(t->ctx, PEL_EINVAL,
                        "%s has %llu bytes, and the disk %llu", p->path,
                        (unsigned long long)there, (unsigned long long)size);
    return 0;
}

static int note(struct mirror_target *t, const char *path,
                const struct file_id *id)
{
    int rc = place_note(t->ctx, t->list, sizeof(t->list), path, id);

    return rc ? rc : t->how.note(t->how.arg, t->list);
}

/* @old: what it takes the place of; NULL: nothing */
static int make_file(struct mirror_target *t, struct place *p, uint64_t size,
                     const struct stat *old)
{
    struct file_id id = { 0 };
    int rc = old ? check_replacing(t, p->path) : 0;

    if (!rc)
        rc = note(t, p->path, &id);
    if (rc)
        return rc;
    p->replaces = old;
    p->fresh = place_aside(p->path, t->how.id, PLACE_NEW);
    if (!p->fresh)
        return pel_fail_oom(t->ctx);
    p->fd = open(p->fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (p->fd < 0 || place_identify(p->fd, NULL, &id))
        return cannot(t, "create", p->fresh);
    rc = note(t, p->path, &id);
    if (!rc && old &&
        (fchown(p->fd, old->st_uid, old->st_gid) ||
         fchmod(p->fd, old->st_mode & 0777)))
        rc = cannot(t, "create", p->fresh);
    if (!rc && ftruncate(p->fd, size))
        rc = cannot(t, "create", p->fresh);
    return rc;
}

static int make(struct mirror_target *t, struct place *p, uint64_t size)
{
    struct stat st;

    if (!stat(p->path, &st) && S_ISBLK(st.st_mode))
        return open_device(t, p, size);
    if (!lstat(p->path, &st))
        return S_ISREG(st.st_mode)
                   ? make_file(t, p, size, &st)
                   : pel_fail(t->ctx, PEL_EINVAL,
                              "%s is neither a file nor a block device",
                              p->path);
    if (errno != ENOENT)
        return cannot(t, "look at", p->path);
    if (!strncmp(p->path, "/dev/", 5))
        return pel_fail(t->ctx, PEL_ENOENT, "there is no block device %s",
                        p->path);
    return make_file(t, p, size, NULL);
}

static int announce(struct mirror_target *t, const struct mirror_head *head,
                    const void *name, size_t len)
{
    struct place *p = &t->places[t->nr];
    char vdev[MIRROR_VDEV] = "";
    const struct pel_disk *disk = NULL;
    uint32_t devid = 0;

    memcpy(vdev, name, len);
    if (!pel_vbd_number(vdev, &devid))
        disk = find(t, devid);
    if (!disk)
        return pel_fail(t->ctx, PEL_EINVAL,
                        "there comes a disk %s that the guest's configuration "
                        "does not name",
                        vdev);
    *p = (struct place){ .path = disk->target, .devid = devid, .fd = -1 };
    t->sizes[t->nr++] = head->length;
    return make(t, p, head->length);
}

/* ---- its bytes come
 * ------------------------------------------------------------ */

static int write_at(struct mirror_target *t, struct place *p,
                    const uint8_t *buf, size_t len, uint64_t at)
{
    while (len) {
        ssize_t n = pwrite(p->fd, buf, len, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return cannot(t, "write to", p->path);
        buf += n;
        len -= n;
        at += n;
    }
    return 0;
}

static int write_zeros(struct mirror_target *t, struct place *p, uint64_t at,
                       uint64_t len)
{
    static const uint8_t zeros[ZEROS_BYTES];
    uint64_t range[2] = { at, len };
    int rc = 0;

    if (p->fresh && at >= p->written)
        return 0; /* it is a hole still */
    if (p->fresh ? !fallocate(p->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                              at, len)
                 : !ioctl(p->fd, BLKZEROOUT, range))
        return 0;
    for (uint64_t n; !rc && len; at += n, len -= n) {
        n = len < ZEROS_BYTES ? len : ZEROS_BYTES;
        rc = write_at(t, p, zeros, n, at);
    }
    return rc;
}

int mirror_take_record(struct mirror_target *t, const void *body, size_t len)
{
    const uint8_t *rest = (const uint8_t *)body + sizeof(struct mirror_head);
    struct mirror_head head;
    struct place *p;
    int rc = mirror_check(t->ctx, body, len, t->sizes, t->nr, &head);

    if (rc)
        return rc;
    if (head.op == MIRROR_DISK)
        return announce(t, &head, rest, len - sizeof(head));
    p = &t->places[head.disk];
    if (head.op == MIRROR_ZERO)
        return write_zeros(t, p, head.offset, head.length);
    if (head.offset + head.length > p->written)
        p->written = head.offset + head.length;
    return write_at(t, p, rest, head.length, head.offset);
}

/* ---- the end
 * --------------------------------------------------------------------- */

int mirror_take_sync(struct mirror_target *t)
{
    for (size_t i = 0; i < t->nr; i++)
        if (fsync(t->places[i].fd))
            return cannot(t, "write to", t->places[i].path);
    return 0;
}

/* A name that nobody has; not each file system can do it in one step. */
static int rename_new(const char *from, const char *to)
{
    if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
        return 0;
    if (errno != EINVAL || link(from, to))
        return -1;
    return unlink(from);
}

static int give_name(struct mirror_target *t, struct place *p)
{
    char *old = place_aside(p->path, t->how.id, PLACE_OLD);
    int rc = old ? 0 : pel_fail_oom(t->ctx);

    if (!rc && p->replaces)
        rc = pel_disk_check_unused(t->ctx, p->path);
    if (!rc && p->replaces && rename(p->path, old))
        rc = cannot(t, "rename", p->path);
    if (!rc && rename_new(p->fresh, p->path))
        rc = cannot(t, "create", p->path);
    free(old);
    if (!rc && place_sync_folder(p->path))
        rc = cannot(t, "write the folder of", p->path);
    return rc;
}

int mirror_take_finish(struct mirror_target *t)
{
    int rc;

    if (t->nr != t->cfg->nr_disks)
        return pel_fail(t->ctx, PEL_EFORMAT,
                        "%zu disks have come of a guest with %zu", t->nr,
                        t->cfg->nr_disks);
    rc = mirror_take_sync(t);
    for (size_t i = 0; !rc && i < t->nr; i++) {
        if (t->places[i].fresh)
            rc = give_name(t, &t->places[i]);
        close(t->places[i].fd);
        t->places[i].fd = -1;
    }
    return rc;
}

void mirror_take_end(struct mirror_target *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->nr; i++) {
        if (t->places[i].fd >= 0)
            close(t->places[i].fd);
        free(t->places[i].fresh);
    }
    free(t);
}
