/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the disks of a guest go that comes from another host: which paths are
 * permitted, and the list of files that are being made, for whoever has to
 * remove them.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <pel/ctx.h>
#include <pel/log.h>
#include "local.h"

#define PATH_LENGTH 512u /* several have to fit into a list */

/* Absolute, and every part of it is a name. */
static bool is_plain(const char *path)
{
    size_t len = strlen(path);

    if (path[0] != '/' || len >= PATH_LENGTH)
        return false;
    for (const char *p = path; *p; p += strcspn(p, "/")) {
        size_t n = strcspn(++p, "/");

        if (n == 0 || (n == 1 && p[0] == '.') ||
            (n == 2 && p[0] == '.' && p[1] == '.'))
            return false;
    }
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)path[i] < ' ')
            return false;
    return true;
}

/* Whether @path is below @folder; both without symbolic links. */
static bool is_below(const char *folder, const char *path)
{
    size_t len = strlen(folder);

    if (len == 1)
        return true;
    return !strncmp(path, folder, len) &&
           (path[len] == '/' || path[len] == '\0');
}

int place_check(struct pel_ctx *ctx, const char *folder, const char *path)
{
    char real_folder[PATH_MAX], real[PATH_MAX], dir[PATH_LENGTH];
    char *slash;

    if (!is_plain(path))
        return pel_fail(ctx, PEL_EINVAL, "a disk cannot be at \"%.80s\" here",
                        path);
    snprintf(dir, sizeof(dir), "%s", path);
    slash = strrchr(dir, '/');
    slash[slash == dir] = '\0';
    if (!realpath(folder, real_folder))
        return pel_fail_sys(ctx, PEL_EIO, "cannot use the folder %s", folder);
    if (!realpath(dir, real))
        return pel_fail_sys(ctx, PEL_EIO, "there is no folder for %s", path);
    if (!is_below(real_folder, real))
        return pel_fail(ctx, PEL_EINVAL,
                        "%s is not in %s, and disks are taken nowhere else",
                        path, folder);
    return 0;
}

char *place_aside(const char *path, const char *id, const char *ending)
{
    char *aside;

    return asprintf(&aside, "%s.%s%s", path, id, ending) < 0 ? NULL : aside;
}

int place_identify(int fd, const char *path, struct file_id *out)
{
    struct statx st;

    if (statx(path ? AT_FDCWD : fd, path ? path : "",
              AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME,
              &st))
        return -1;
    out->dev = makedev(st.stx_dev_major, st.stx_dev_minor);
    out->ino = st.stx_ino;
    out->born_ns =
        st.stx_mask & STATX_BTIME
            ? st.stx_btime.tv_sec * 1000000000ull + st.stx_btime.tv_nsec
            : 0;
    return 0;
}

/* A device may have another number after the host has restarted. */
static bool is_same(const struct file_id *a, const struct file_id *b)
{
    return a->ino && a->ino == b->ino && a->born_ns == b->born_ns &&
           (a->born_ns || a->dev == b->dev);
}

int place_sync_folder(const char *path)
{
    char *copy = strdup(path);
    int fd, rc = -1;

    if (!copy)
        return -1;
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (fd < 0)
        return -1;
    if (!fsync(fd) || errno == EINVAL)
        rc = 0;
    close(fd);
    return rc;
}

/* ---- the list --------------------------------------------------------------
 */

/* One line; returns the next one, NULL at the end or at what is no list. */
static const char *parse(const char *line, struct file_id *id, char *path)
{
    unsigned long long d, i, b;
    size_t len = strcspn(line, "\n");
    int at = 0;

    if (!line[len] || sscanf(line, "%llx %llx %llx %n", &d, &i, &b, &at) != 3 ||
        !at || (size_t)at >= len || len - at >= PATH_LENGTH)
        return NULL;
    *id = (struct file_id){ .dev = d, .ino = i, .born_ns = b };
    memcpy(path, line + at, len - at);
    path[len - at] = '\0';
    return line + len + 1;
}

/* Takes the line of a path out, if it has one. */
static void drop(char *list, const char *path)
{
    char there[PATH_LENGTH];
    struct file_id id;
    const char *next;

    for (char *line = list; (next = parse(line, &id, there));
         line = list + (next - list)) {
        if (strcmp(there, path))
            continue;
        memmove(line, next, strlen(next) + 1);
        return;
    }
}

int place_note(struct pel_ctx *ctx, char *list, size_t size, const char *path,
               const struct file_id *id)
{
    char line[PATH_LENGTH + 64];
    int len;

    drop(list, path);
    /* As long as it can become, so that renewing it cannot fail. */
    len = snprintf(line, sizeof(line), "%016llx %016llx %016llx %s\n",
                   (unsigned long long)id->dev, (unsigned long long)id->ino,
                   (unsigned long long)id->born_ns, path);
    if ((size_t)len >= sizeof(line) || strlen(list) + len >= size)
        return pel_fail(ctx, PEL_EINVAL,
                        "the paths of the guest's disks are too long");
    strcat(list, line);
    return 0;
}

/* Told once for each; what is not there is no fault. */
static void removing(struct pel_ctx *ctx, int failed, const char *path)
{
    if (failed && errno != ENOENT)
        pel_log(ctx, PEL_LOG_WARN, "cannot remove or rename %s: %s", path,
                strerror(errno));
}

/* The file under the path may have become another one, of somebody else. */
static void undo_one(struct pel_ctx *ctx, const char *path, const char *fresh,
                     const char *old, const struct file_id *id)
{
    struct file_id now;
    bool there = !place_identify(-1, path, &now);
    bool ours = there && is_same(id, &now);

    if (access(old, F_OK)) {
        if (ours)
            removing(ctx, unlink(path), path);
    } else if (there && !ours) {
        pel_log(ctx, PEL_LOG_WARN,
                "%s is another file by now: what was there before stays as %s",
                path, old);
    } else {
        removing(ctx, rename(old, path), path);
    }
    removing(ctx, unlink(fresh), fresh);
    /* Nobody knows of it any more when the journal has gone. */
    removing(ctx, place_sync_folder(path), path);
}

static void each(struct pel_ctx *ctx, const char *id, const char *list,
                 bool keep)
{
    char path[PATH_LENGTH];
    struct file_id file;

    while ((list = parse(list, &file, path))) {
        char *fresh = place_aside(path, id, PLACE_NEW);
        char *old = place_aside(path, id, PLACE_OLD);

        if (fresh && old && keep)
            removing(ctx, unlink(old), old);
        else if (fresh && old)
            undo_one(ctx, path, fresh, old, &file);
        free(fresh);
        free(old);
    }
}

void mirror_undo(struct pel_ctx *ctx, const char *id, const char *list)
{
    each(ctx, id, list, false);
}

void mirror_keep(struct pel_ctx *ctx, const char *id, const char *list)
{
    each(ctx, id, list, true);
}
