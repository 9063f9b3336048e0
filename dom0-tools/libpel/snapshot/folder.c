/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of one guest's snapshots. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>
#include <pel/ctx.h>
#include <pel/snapshot.h>
#include "folder.h"
#include "manifest.h"

#define OLD ".old-"
#define HEAD ".head"
#define HEAD_NEW ".head.new"
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* A name with its mark in front. */
static void marked(char *to, const char *mark, const char *name)
{
    snprintf(to, SNAP_NAME_MAX + 16, "%s%s", mark, name);
}

/* Calls @fn for each name but "." and ".."; it may remove it. */
static void each_name(int dir, void (*fn)(int dir, const char *name, void *arg),
                      void *arg)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);

    for (struct dirent *e; d && (e = readdir(d));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            fn(dir, e->d_name, arg);
    if (d)
        closedir(d);
    else if (copy >= 0)
        close(copy);
}

static void remove_file(int dir, const char *name, void *arg)
{
    (void)arg;
    unlinkat(dir, name, 0);
}

/* A folder with files in it. */
static void remove_folder(int dir, const char *name)
{
    int fd = openat(dir, name, DIR_FLAGS);

    if (fd < 0)
        return;
    each_name(fd, remove_file, NULL);
    close(fd);
    unlinkat(dir, name, AT_REMOVEDIR);
}

/* Pages of another generation than the manifest's. */
static void remove_stale(int dir, const char *name, void *arg)
{
    const struct snap_manifest *m = arg;
    char pages[SNAP_FILE_NAME], sums[SNAP_FILE_NAME];

    snap_pages_name(m, pages);
    snap_sums_name(m, sums);
    if ((!strncmp(name, "pages.", 6) && strcmp(name, pages)) ||
        (!strncmp(name, "sums.", 5) && strcmp(name, sums)))
        unlinkat(dir, name, 0);
}

static void tidy_one(int dir, const char *name, void *arg)
{
    struct snap_folder *f = arg;
    struct snap_manifest m;
    int fd;

    if (!strncmp(name, SNAP_NEW, strlen(SNAP_NEW)) ||
        !strncmp(name, OLD, strlen(OLD))) {
        remove_folder(dir, name);
        return;
    }
    if (name[0] == '.' || snap_folder_enter(f, name, &fd)) {
        pel_error_clear(f->ctx);
        return;
    }
    if (!snap_manifest_read(f->ctx, fd, name, &m)) {
        each_name(fd, remove_stale, &m);
        snap_manifest_free(&m);
    }
    pel_error_clear(f->ctx); /* who uses it will say so */
    close(fd);
}

static int open_below(int dir, const char *name, bool make)
{
    if (make && mkdirat(dir, name, 0700) && errno != EEXIST)
        return -1;
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The place itself, with the folders above it. */
static int open_place(struct pel_ctx *ctx, const char *place, bool make)
{
    char *path = strdup(place);
    int fd;

    if (!path)
        return pel_fail_oom(ctx);
    for (char *at = path + 1; make && (at = strchr(at, '/')); at++) {
        *at = '\0';
        mkdir(path, 0755);
        *at = '/';
    }
    fd = open_below(AT_FDCWD, path, make);
    free(path);
    if (fd >= 0)
        return fd;
    return pel_fail_sys(ctx, errno == ENOENT ? PEL_ENOENT : PEL_EIO,
                        "cannot open the place of snapshots %s", place);
}

int snap_folder_open(struct pel_ctx *ctx, const char *place,
                     const uint8_t *uuid, bool make, bool lock,
                     struct snap_folder *f)
{
    char text[UUID_STR_LEN];
    int top, rc;

    *f = (struct snap_folder){ .ctx = ctx, .fd = -1 };
    rc = snap_sums_ready(ctx);
    if (rc)
        return rc;
    top = open_place(ctx, place ? place : PEL_SNAPSHOT_PLACE, make);
    if (top < 0)
        return top;
    uuid_unparse_lower(uuid, text);
    f->fd = open_below(top, text, make);
    if (f->fd < 0)
        rc = pel_fail_sys(ctx, errno == ENOENT ? PEL_ENOENT : PEL_EIO,
                          "cannot open the snapshots of guest %s", text);
    close(top);
    if (!rc && lock && flock(f->fd, LOCK_EX))
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot lock the snapshots of guest %s",
                          text);
    if (!rc && lock)
        each_name(f->fd, tidy_one, f);
    if (rc)
        snap_folder_close(f);
    return rc;
}

void snap_folder_close(struct snap_folder *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

/* Names that are collected. */
struct names {
    char **list;
    size_t nr, room;
    bool oom;
};

static void collect(int dir, const char *name, void *arg)
{
    struct names *n = arg;
    char **more;

    (void)dir;
    if (name[0] == '.')
        return;
    if (n->nr == n->room) {
        n->room = n->room ? 2 * n->room : 16;
        more = reallocarray(n->list, n->room, sizeof(*more));
        n->oom |= !more;
        if (!more)
            return;
        n->list = more;
    }
    n->list[n->nr] = strdup(name);
    n->oom |= !n->list[n->nr];
    n->nr += n->list[n->nr] != NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int snap_folder_names(struct snap_folder *f, char ***names, size_t *nr)
{
    struct names n = { .list = NULL };

    each_name(f->fd, collect, &n);
    *names = n.list;
    *nr = n.nr;
    if (n.oom) {
        snap_names_free(n.list, n.nr);
        *names = NULL;
        *nr = 0;
        return pel_fail_oom(f->ctx);
    }
    if (n.nr)
        qsort(n.list, n.nr, sizeof(*n.list), by_name);
    return 0;
}

void snap_names_free(char **names, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        free(names[i]);
    free(names);
}

int snap_folder_enter(struct snap_folder *f, const char *name, int *fd)
{
    int rc = snap_name_check(f->ctx, name);

    if (rc)
        return rc;
    *fd = openat(f->fd, name, DIR_FLAGS);
    if (*fd >= 0)
        return 0;
    if (errno == ENOENT)
        return pel_fail(f->ctx, PEL_ENOENT,
                        "there is no snapshot \"%s\": \"pel snapshot list "
                        "DOMAIN\" shows them",
                        name);
    return pel_fail_sys(f->ctx, PEL_EIO, "cannot open snapshot %s", name);
}

bool snap_folder_has(struct snap_folder *f, const char *name)
{
    return !faccessat(f->fd, name, F_OK, AT_SYMLINK_NOFOLLOW);
}

int snap_folder_begin(struct snap_folder *f, const char *name, int *fd)
{
    char temp[SNAP_NAME_MAX + 16];
    int rc = snap_name_check(f->ctx, name);

    if (rc)
        return rc;
    if (snap_folder_has(f, name))
        return pel_fail(f->ctx, PEL_EEXIST,
                        "there is a snapshot \"%s\" already: choose another "
                        "name or delete that one",
                        name);
    marked(temp, SNAP_NEW, name);
    *fd = open_below(f->fd, temp, true);
    if (*fd < 0)
        return pel_fail_sys(f->ctx, PEL_EIO, "cannot make snapshot %s", name);
    return 0;
}

int snap_folder_commit(struct snap_folder *f, const char *name)
{
    char temp[SNAP_NAME_MAX + 16];

    marked(temp, SNAP_NEW, name);
    if (renameat(f->fd, temp, f->fd, name))
        return pel_fail_sys(f->ctx, PEL_EIO, "cannot name snapshot %s", name);
    return snap_dir_sync(f->ctx, f->fd);
}

void snap_folder_drop(struct snap_folder *f, const char *name)
{
    char temp[SNAP_NAME_MAX + 16];

    marked(temp, SNAP_NEW, name);
    remove_folder(f->fd, temp);
}

int snap_folder_remove(struct snap_folder *f, const char *name)
{
    char temp[SNAP_NAME_MAX + 16];
    int rc;

    marked(temp, OLD, name);
    if (renameat(f->fd, name, f->fd, temp))
        return pel_fail_sys(f->ctx, PEL_EIO, "cannot remove snapshot %s", name);
    rc = snap_dir_sync(f->ctx, f->fd);
    remove_folder(f->fd, temp);
    return rc;
}

char *snap_head_read(struct snap_folder *f)
{
    char name[SNAP_NAME_MAX + 1];
    ssize_t len = readlinkat(f->fd, HEAD, name, sizeof(name) - 1);

    if (len <= 0)
        return NULL;
    name[len] = '\0';
    if (snap_name_check(NULL, name) || !snap_folder_has(f, name))
        return NULL;
    return strdup(name);
}

/* A link: made aside and renamed, it is the old one or the new one. */
int snap_head_write(struct snap_folder *f, const char *name)
{
    if (!name) {
        if (unlinkat(f->fd, HEAD, 0) && errno != ENOENT)
            return pel_fail_sys(f->ctx, PEL_EIO, "cannot remove %s", HEAD);
        return 0;
    }
    unlinkat(f->fd, HEAD_NEW, 0);
    if (symlinkat(name, f->fd, HEAD_NEW) ||
        renameat(f->fd, HEAD_NEW, f->fd, HEAD))
        return pel_fail_sys(f->ctx, PEL_EIO, "cannot write %s", HEAD);
    return 0;
}
