/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks of a guest into a snapshot, and out of it. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/ctx.h>
#include "disk_pages.h"
#include "disks.h"

#define PIECE (1u << 20) /* bytes read at once */

/* What the guest writes to a device is not in dom0's cache of it. */
static int open_device(struct pel_ctx *ctx, struct disk_source *s)
{
    s->is_device = true;
    close(s->fd);
    s->fd = open(s->disk->target, O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (s->fd < 0 || ioctl(s->fd, BLKGETSIZE64, &s->size))
        return pel_fail_sys(ctx, PEL_EIO, "cannot open disk %s",
                            s->disk->target);
    return 0;
}

static int open_one(struct pel_ctx *ctx, const struct pel_disk *disk,
                    struct disk_source *s)
{
    struct stat st;

    s->disk = disk;
    s->fd = disk->script ? -1 : open(disk->target, O_RDONLY | O_CLOEXEC);
    if (!disk->script && s->fd < 0)
        return pel_fail_sys(ctx, PEL_EIO, "cannot open disk %s", disk->target);
    if (!disk->script && fstat(s->fd, &st))
        return pel_fail_sys(ctx, PEL_EIO, "cannot look at %s", disk->target);
    if (disk->script || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
        return pel_fail(ctx, PEL_ENOTSUP,
                        "disk %s (%s) is neither a raw file nor a block "
                        "device: give --no-disks and keep its contents by "
                        "other means",
                        disk->vdev, disk->target);
    s->size = st.st_size;
    return S_ISBLK(st.st_mode) ? open_device(ctx, s) : 0;
}

int disks_open(struct pel_ctx *ctx, const struct pel_config *cfg,
               struct disk_sources *d)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < cfg->nr_disks; i++) {
        if (!cfg->disks[i].writable)
            continue; /* it stays as it is */
        if (d->nr == SNAP_DISKS_MAX)
            return pel_fail(ctx, PEL_ENOTSUP,
                            "a snapshot cannot have more than %d disks",
                            SNAP_DISKS_MAX);
        rc = open_one(ctx, &cfg->disks[i], &d->list[d->nr++]);
    }
    return rc;
}

void disks_close(struct disk_sources *d)
{
    for (size_t i = 0; i < d->nr; i++)
        if (d->list[i].fd >= 0)
            close(d->list[i].fd);
    d->nr = 0;
}

/* A nameless reflink beside the file; -1: its file system makes none. */
static int reflink(const struct disk_source *s)
{
    char *path = strdup(s->disk->target);
    int fd =
        path ? open(dirname(path), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;

    free(path);
    if (fd < 0)
        return -1;
    if (!ioctl(fd, FICLONE, s->fd))
        return fd;
    close(fd);
    return -1;
}

bool disk_can_freeze(const struct disk_source *s)
{
    int fd = s->is_device ? -1 : reflink(s);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

void disks_freeze(struct disk_sources *d)
{
    for (size_t i = 0; i < d->nr; i++) {
        struct disk_source *s = &d->list[i];
        int fd = s->followed || s->is_device ? -1 : reflink(s);

        if (fd < 0)
            continue;
        close(s->fd);
        s->fd = fd;
        s->frozen = true;
    }
}

static int cannot_read(struct pel_ctx *ctx, const char *name)
{
    return pel_fail_sys(ctx, PEL_EIO, "cannot read disk %s", name);
}

/* Where a disk's bytes go. */
struct disk_sink {
    const char *name; /* of the disk, for messages */
    pel_write_fn *write;
    void *arg;
};

/* From @at up to the next hole or the end. */
static int store_data(struct pel_ctx *ctx, int fd, uint64_t at, uint64_t end,
                      uint8_t *buf, const struct disk_sink *to)
{
    int rc = 0;

    while (!rc && at < end) {
        size_t want = end - at < PIECE ? end - at : PIECE;
        ssize_t n = pread(fd, buf, want, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n != (ssize_t)want)
            return cannot_read(ctx, to->name);
        for (size_t i = 0; !rc && i < want; i += SNAP_PAGE) {
            size_t len = want - i < SNAP_PAGE ? want - i : SNAP_PAGE;
            bool zero = len == SNAP_PAGE && pel_page_is_zero(buf + i);

            rc = to->write(to->arg, zero ? NULL : buf + i, len);
        }
        at += want;
    }
    return rc;
}

/* Data and holes by turns; both begin at whole pages of the file. */
static int read_all(struct pel_ctx *ctx, int fd, uint64_t len,
                    const struct disk_sink *to, bool (*stop)(void))
{
    uint8_t *buf = aligned_alloc(SNAP_PAGE, PIECE);
    uint64_t at = 0;
    int rc = buf ? 0 : pel_fail_oom(ctx);

    while (!rc && at < len) {
        off_t data = lseek(fd, at, SEEK_DATA);
        uint64_t from, end;

        if (data < 0 && errno != ENXIO && errno != EINVAL)
            rc = cannot_read(ctx, to->name);
        from = data >= 0        ? (uint64_t)data & ~(SNAP_PAGE - 1ull)
               : errno == ENXIO ? len
                                : at;
        if (from > len)
            from = len;
        if (!rc && from > at)
            rc = to->write(to->arg, NULL, from - at);
        /* At most a piece, so that whoever asks to stop is heard. */
        end = len - from < PIECE ? len : from + PIECE;
        if (!rc)
            rc = store_data(ctx, fd, from, end, buf, to);
        at = end;
        if (!rc && stop && stop())
            rc = pel_fail(ctx, PEL_ESTATE, "interrupted");
    }
    free(buf);
    return rc;
}

int disk_store_file(struct pel_ctx *ctx, int fd, uint64_t len, int dir,
                    size_t i, struct snap_pages *pages, struct snap_disk *out,
                    bool (*stop)(void))
{
    struct parts_writer *w = calloc(1, sizeof(*w));
    const struct disk_sink to = { out->target, parts_write, w };
    char name[SNAP_FILE_NAME];
    int rc;

    if (!w)
        return pel_fail_oom(ctx);
    snap_disk_name(i, name);
    out->len = len;
    rc = parts_writer_open(ctx, dir, name, pages, w);
    if (!rc)
        rc = read_all(ctx, fd, len, &to, stop);
    if (!rc)
        rc = parts_writer_close(w, &out->parts);
    parts_writer_abort(w);
    free(w);
    return rc;
}

int disk_copy_file(struct pel_ctx *ctx, const struct disk_source *s,
                   struct image_file *f, bool (*stop)(void))
{
    const struct disk_sink to = { s->disk->target, image_file_write, f };

    if (!ioctl(f->fd, FICLONE, s->fd))
        return 0;
    return read_all(ctx, s->fd, s->size, &to, stop);
}

static int name_disk(struct pel_ctx *ctx, const struct disk_source *s,
                     struct snap_disk *out)
{
    out->vdev = strdup(s->disk->vdev);
    out->target = strdup(s->disk->target);
    return out->vdev && out->target ? 0 : pel_fail_oom(ctx);
}

int disks_store(struct pel_ctx *ctx, const struct disk_sources *d, bool frozen,
                int dir, struct snap_pages *pages, struct snap_manifest *m,
                bool (*stop)(void))
{
    int rc = 0;

    for (size_t i = 0; !rc && i < d->nr; i++) {
        const struct disk_source *s = &d->list[i];

        if (s->followed || s->frozen != frozen)
            continue;
        rc = name_disk(ctx, s, &m->disks[i]);
        if (!rc)
            rc = disk_store_file(ctx, s->fd, s->size, dir, i, pages,
                                 &m->disks[i], stop);
    }
    return rc;
}

static int store_pages(struct pel_ctx *ctx, const struct disk_pages *known,
                       int dir, size_t i, struct snap_pages *pages,
                       struct snap_disk *out)
{
    struct parts_writer *w = calloc(1, sizeof(*w));
    char name[SNAP_FILE_NAME];
    int rc;

    if (!w)
        return pel_fail_oom(ctx);
    snap_disk_name(i, name);
    out->len = known->len;
    rc = parts_writer_open(ctx, dir, name, pages, w);
    if (!rc)
        rc = disk_pages_text(known, w);
    if (!rc)
        rc = parts_writer_close(w, &out->parts);
    parts_writer_abort(w);
    free(w);
    return rc;
}

int disks_store_followed(struct pel_ctx *ctx, const struct disk_sources *d,
                         const struct disk_pages *known, int dir,
                         struct snap_pages *pages, struct snap_manifest *m)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < d->nr; i++) {
        if (!d->list[i].followed)
            continue;
        rc = name_disk(ctx, &d->list[i], &m->disks[i]);
        if (!rc)
            rc = store_pages(ctx, &known[i], dir, i, pages, &m->disks[i]);
    }
    return rc;
}

static int copy_parts(struct parts_reader *r, pel_write_fn *write, void *arg,
                      uint64_t *total, bool (*stop)(void))
{
    const void *buf;
    size_t len;
    int rc;

    *total = 0;
    do {
        rc = parts_next(r, &buf, &len);
        if (!rc && len)
            rc = write(arg, buf, len);
        *total += len;
        if (!rc && stop && stop())
            rc = pel_fail(r->chain->ctx, PEL_ESTATE, "interrupted");
    } while (!rc && len);
    return rc;
}

int disk_write_out(struct snap_chain *c, size_t i, pel_write_fn *write,
                   void *arg, bool (*stop)(void))
{
    const struct snap_disk *disk = &c->layers[0].m.disks[i];
    struct parts_reader r = { .text = NULL };
    char name[SNAP_FILE_NAME];
    uint64_t total = 0;
    int rc;

    snap_disk_name(i, name);
    rc = parts_reader_open(c, name, &disk->parts, &r);
    if (!rc)
        rc = copy_parts(&r, write, arg, &total, stop);
    parts_reader_close(&r);
    if (!rc && total != disk->len)
        rc = pel_fail(c->ctx, PEL_EFORMAT,
                      "snapshot %s is damaged: its disk %s has not %llu bytes",
                      c->layers[0].m.name, disk->vdev,
                      (unsigned long long)disk->len);
    return rc;
}
