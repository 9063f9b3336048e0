/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Image files: written aside, completed by one rename. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/ctx.h>
#include <pel/image_file.h>

#define MODE 0600 /* it holds a guest's whole memory */

static int cannot(struct image_file *f, const char *what)
{
    return pel_fail_sys(f->ctx, PEL_EIO, "cannot %s %s", what, f->path);
}

static void look_at(struct image_file *f)
{
    struct stat st;

    f->in_place =
        !stat(f->path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
    f->streams = f->in_place && !S_ISBLK(st.st_mode);
}

/* The folder of a path, malloc'ed. */
static char *folder_of(const char *path)
{
    char *copy = strdup(path), *dir = NULL;

    if (copy)
        dir = strdup(dirname(copy));
    free(copy);
    return dir;
}

static int open_temp(struct image_file *f)
{
    char *dir = folder_of(f->path);

    if (!dir || asprintf(&f->temp, "%s.part-%d", f->path, getpid()) < 0) {
        f->temp = NULL;
        free(dir);
        return pel_fail_oom(f->ctx);
    }
    /* Without a name it goes with its last user, however that ends. */
    f->fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, MODE);
    f->unnamed = f->fd >= 0;
    if (f->fd < 0)
        f->fd = open(f->temp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, MODE);
    free(dir);
    return f->fd < 0 ? cannot(f, "create") : 0;
}

int image_file_create(struct pel_ctx *ctx, const char *path,
                      struct image_file *f)
{
    struct stat st;
    int rc;

    *f = (struct image_file){ .ctx = ctx, .path = path, .fd = -1 };
    if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return cannot(f, "write");
    }
    f->buffer = malloc(IMAGE_FILE_BUFFER);
    if (!f->buffer)
        return pel_fail_oom(ctx);
    look_at(f);
    if (f->in_place) {
        f->fd = open(path, O_WRONLY | O_CLOEXEC);
        rc = f->fd < 0 ? cannot(f, "open") : 0;
    } else {
        rc = open_temp(f);
    }
    if (rc)
        image_file_abort(f);
    return rc;
}

static int put(struct image_file *f, const uint8_t *p, size_t len)
{
    while (len) {
        ssize_t n =
            f->streams ? write(f->fd, p, len) : pwrite(f->fd, p, len, f->at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return cannot(f, "write");
        p += n;
        len -= n;
        f->at += n;
    }
    return 0;
}

static int flush(struct image_file *f)
{
    int rc = put(f, f->buffer, f->used);

    f->used = 0;
    return rc;
}

static const uint8_t zeros[4096];

/* What was there before becomes zeros. */
static int clear(struct image_file *f, uint64_t len)
{
    int rc = 0;

    if (!fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, f->at,
                   len)) {
        f->at += len;
        return 0;
    }
    for (size_t n; !rc && len; len -= n) {
        n = len < sizeof(zeros) ? len : sizeof(zeros);
        rc = put(f, zeros, n);
    }
    return rc;
}

/* Zeros into the buffer, or a step over them. */
static int write_zeros(struct image_file *f, size_t len)
{
    int rc = 0;

    for (size_t n; f->streams && !rc && len; len -= n) {
        n = len < sizeof(zeros) ? len : sizeof(zeros);
        rc = image_file_write(f, zeros, n);
    }
    if (f->streams)
        return rc;
    rc = flush(f);
    f->len += len;
    if (f->in_place)
        return rc ? rc : clear(f, len);
    f->at += len;
    f->holes += len;
    f->ends_in_hole = true;
    return rc;
}

int image_file_write(void *arg, const void *buf, size_t len)
{
    struct image_file *f = arg;
    int rc = 0;

    if (!buf)
        return write_zeros(f, len);
    f->len += len;
    f->ends_in_hole = false;
    if (len > IMAGE_FILE_BUFFER - f->used)
        rc = flush(f);
    if (!rc && len > IMAGE_FILE_BUFFER)
        return put(f, buf, len);
    if (!rc) {
        if (buf != f->buffer + f->used)
            memcpy(f->buffer + f->used, buf, len);
        f->used += len;
    }
    return rc;
}

int image_file_room(void *arg, size_t len, void **room)
{
    struct image_file *f = arg;
    int rc = len > IMAGE_FILE_BUFFER - f->used ? flush(f) : 0;

    *room = f->buffer + f->used;
    return rc;
}

int image_file_write_at(struct image_file *f, uint64_t at, const void *buf,
                        uint64_t len)
{
    f->at = at;
    return buf ? put(f, buf, len) : clear(f, len);
}

void image_file_write_end(struct image_file *f, uint64_t len)
{
    f->len = len;
    f->ends_in_hole = true;
}

static int sync_folder(struct image_file *f)
{
    char *dir = folder_of(f->path);
    int fd, rc = 0;

    if (!dir)
        return pel_fail_oom(f->ctx);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    if (fd < 0 || (fsync(fd) && errno != EINVAL))
        rc = cannot(f, "write the folder of");
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The file's own bytes, then the name: what a crash leaves is one of both. */
static int give_name(struct image_file *f)
{
    char link[64];

    if (f->unnamed) {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", f->fd);
        unlink(f->temp);
        if (linkat(AT_FDCWD, link, AT_FDCWD, f->temp, AT_SYMLINK_FOLLOW))
            return cannot(f, "name");
        f->unnamed = false;
    }
    if (rename(f->temp, f->path))
        return cannot(f, "rename");
    free(f->temp);
    f->temp = NULL;
    return sync_folder(f);
}

int image_file_commit(struct image_file *f)
{
    int rc = flush(f);

    if (!rc && f->ends_in_hole && ftruncate(f->fd, f->len))
        rc = cannot(f, "write");
    /* A pipe has nothing to bring to a disk. */
    if (!rc && fsync(f->fd) && errno != EINVAL && errno != EROFS)
        rc = cannot(f, "write");
    if (!rc && !f->in_place)
        rc = give_name(f);
    image_file_abort(f);
    return rc;
}

void image_file_abort(struct image_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    if (f->temp && !f->unnamed && f->fd >= 0)
        unlink(f->temp);
    free(f->temp);
    free(f->buffer);
    f->temp = NULL;
    f->buffer = NULL;
    f->fd = -1;
}

int image_source_read(void *arg, void *buf, size_t len)
{
    struct image_source *s = arg;
    uint8_t *p = buf;

    while (len) {
        ssize_t n = read(s->fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pel_fail_sys(s->ctx, PEL_EIO, "cannot read %s", s->path);
        if (n == 0)
            return pel_fail(s->ctx, PEL_EFORMAT,
                            "the image is cut: %s ends after %llu bytes",
                            s->path, (unsigned long long)s->at);
        p += n;
        len -= n;
        s->at += n;
    }
    return 0;
}
