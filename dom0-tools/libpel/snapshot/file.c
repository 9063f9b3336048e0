/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of a snapshot. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/ctx.h>
#include "file.h"

#define MODE 0600        /* it holds what was in a guest's memory */
#define TEXT_MAX 1048576 /* bytes of a file of which nothing is known */

static int cannot(struct snap_out *o, const char *what)
{
    return pel_fail_sys(o->ctx, PEL_EIO, "cannot %s the snapshot's file %s",
                        what, o->name);
}

int snap_out_open_plain(struct pel_ctx *ctx, int dir, const char *name,
                        struct snap_out *o)
{
    int fd;

    *o = (struct snap_out){ .ctx = ctx, .name = name };
    fd = openat(dir, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, MODE);
    if (fd < 0)
        return cannot(o, "create");
    o->f = fdopen(fd, "w");
    if (o->f)
        return 0;
    close(fd);
    return pel_fail_oom(ctx);
}

int snap_out_open(struct pel_ctx *ctx, int dir, const char *name,
                  struct snap_out *o)
{
    int rc = snap_out_open_plain(ctx, dir, name, o);

    if (rc || !gcry_md_open(&o->md, GCRY_MD_BLAKE2B_256, 0))
        return rc;
    snap_out_abort(o);
    return pel_fail_oom(ctx);
}

int snap_out_write(struct snap_out *o, const void *buf, size_t len)
{
    if (len && fwrite(buf, len, 1, o->f) != 1)
        return cannot(o, "write");
    if (o->md)
        gcry_md_write(o->md, buf, len);
    o->len += len;
    return 0;
}

int snap_out_close(struct snap_out *o, struct snap_file *file)
{
    int rc = 0;

    if (fflush(o->f) || fsync(fileno(o->f)))
        rc = cannot(o, "write");
    if (!rc && o->md && file) {
        file->len = o->len;
        memcpy(file->sum.bytes, gcry_md_read(o->md, 0), SNAP_SUM_BYTES);
    }
    snap_out_abort(o);
    return rc;
}

void snap_out_abort(struct snap_out *o)
{
    if (!o->f)
        return;
    fclose(o->f);
    gcry_md_close(o->md);
    o->f = NULL;
    o->md = NULL;
}

static int read_all(struct pel_ctx *ctx, int fd, const char *what,
                    const char *name, char *to, size_t len)
{
    while (len) {
        ssize_t n = read(fd, to, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return pel_fail_sys(ctx, PEL_EIO, "cannot read %s of snapshot %s",
                                name, what);
        to += n;
        len -= n;
    }
    return 0;
}

static int damaged(struct pel_ctx *ctx, const char *what, const char *name)
{
    return pel_fail(ctx, PEL_EFORMAT,
                    "snapshot %s is damaged: its file %s is not as it was "
                    "written",
                    what, name);
}

static int check_size(struct pel_ctx *ctx, int fd, const char *what,
                      const char *name, const struct snap_file *known,
                      size_t *len)
{
    struct stat st;

    if (fstat(fd, &st))
        return pel_fail_sys(ctx, PEL_EIO, "cannot read %s of snapshot %s", name,
                            what);
    if (!S_ISREG(st.st_mode) || (known && (uint64_t)st.st_size != known->len) ||
        (!known && st.st_size > TEXT_MAX))
        return damaged(ctx, what, name);
    *len = st.st_size;
    return 0;
}

int snap_file_read(struct pel_ctx *ctx, int dir, const char *what,
                   const char *name, const struct snap_file *known, char **out,
                   size_t *len)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct snap_sum sum;
    int rc;

    *out = NULL;
    if (fd < 0)
        return pel_fail(ctx, PEL_EFORMAT,
                        "snapshot %s is damaged: its file %s: %s", what, name,
                        strerror(errno));
    rc = check_size(ctx, fd, what, name, known, len);
    if (!rc) {
        *out = malloc(*len + 1);
        rc = *out ? read_all(ctx, fd, what, name, *out, *len)
                  : pel_fail_oom(ctx);
    }
    close(fd);
    if (!rc) {
        (*out)[*len] = '\0';
        snap_sum_of(*out, *len, &sum);
        if (known && !snap_sum_same(&sum, &known->sum))
            rc = damaged(ctx, what, name);
    }
    if (rc) {
        free(*out);
        *out = NULL;
    }
    return rc;
}

int snap_dir_sync(struct pel_ctx *ctx, int dir)
{
    /* Some file systems have nothing to bring to a disk. */
    if (fsync(dir) && errno != EINVAL && errno != EROFS)
        return pel_fail_sys(ctx, PEL_EIO, "cannot write the snapshot's folder");
    return 0;
}
