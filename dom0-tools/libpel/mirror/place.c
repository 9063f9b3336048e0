/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the disks of a guest go that comes from another host: which paths are
 * permitted, and the list of files that are being made, for whoever has to
 * remove them.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* ---- the list --------------------------------------------------------------
 */

/* One line; returns the next one, NULL at the end or at what is no list. */
static const char *parse(const char *line, uint64_t *dev, uint64_t *ino,
                         char *path)
{
    unsigned long long d, i;
    size_t len = strcspn(line, "\n");
    int at = 0;

    if (!line[len] || sscanf(line, "%llx %llx %n", &d, &i, &at) != 2 || !at ||
        (size_t)at >= len || len - at >= PATH_LENGTH)
        return NULL;
    *dev = d;
    *ino = i;
    memcpy(path, line + at, len - at);
    path[len - at] = '\0';
    return line + len + 1;
}

/* Takes the line of a path out, if it has one. */
static void drop(char *list, const char *path)
{
    char there[PATH_LENGTH];
    uint64_t dev, ino;
    const char *next;

    for (char *line = list; (next = parse(line, &dev, &ino, there));
         line = list + (next - list)) {
        if (strcmp(there, path))
            continue;
        memmove(line, next, strlen(next) + 1);
        return;
    }
}

int place_note(struct pel_ctx *ctx, char *list, size_t size, const char *path,
               uint64_t dev, uint64_t ino)
{
    char line[PATH_LENGTH + 64];
    int len;

    drop(list, path);
    /* As long as it can become, so that renewing it cannot fail. */
    len = snprintf(line, sizeof(line), "%016llx %016llx %s\n",
                   (unsigned long long)dev, (unsigned long long)ino, path);
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

/* Ours alone has that number: the file under the path may be another one. */
static void undo_one(struct pel_ctx *ctx, const char *path, const char *fresh,
                     const char *old, uint64_t dev, uint64_t ino)
{
    struct stat st;

    if (!lstat(old, &st))
        removing(ctx, rename(old, path), path);
    else if (ino && !lstat(path, &st) && st.st_dev == dev && st.st_ino == ino)
        removing(ctx, unlink(path), path);
    removing(ctx, unlink(fresh), fresh);
}

static void each(struct pel_ctx *ctx, const char *id, const char *list,
                 bool keep)
{
    char path[PATH_LENGTH];
    uint64_t dev, ino;

    while ((list = parse(list, &dev, &ino, path))) {
        char *fresh = place_aside(path, id, PLACE_NEW);
        char *old = place_aside(path, id, PLACE_OLD);

        if (fresh && old && keep)
            removing(ctx, unlink(old), old);
        else if (fresh && old)
            undo_one(ctx, path, fresh, old, dev, ino);
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
