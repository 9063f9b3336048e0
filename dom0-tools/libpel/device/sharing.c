/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else uses a disk's target: two writers, or a writer beside a reader,
 * destroy a file system that knows of one user only.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <pel/ctx.h>

#include "local.h"

#define LOCK_FILE "/run/pellicle-disks.lock"
#define VBD_ROOT "/local/domain/0/backend/vbd"

int sharing_lock(struct pel_ctx *ctx)
{
    int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int rc;

    if (fd < 0)
        return pel_fail_sys(ctx, PEL_EIO, "cannot open " LOCK_FILE);
    do {
        rc = flock(fd, LOCK_EX);
    } while (rc && errno == EINTR);
    if (rc) {
        pel_fail_sys(ctx, PEL_EIO, "cannot lock " LOCK_FILE);
        close(fd);
        return -PEL_EIO;
    }

    return fd;
}

/* Whether a node of another disk names the same target. */
static bool same_target(const struct target *t, const char *path,
                        const char *physical)
{
    unsigned int maj, min;
    struct stat st;

    if (t->is_block && physical && sscanf(physical, "%x:%x", &maj, &min) == 2)
        return makedev(maj, min) == t->rdev;
    if (!path || stat(path, &st))
        return false;
    if (t->is_block)
        return S_ISBLK(st.st_mode) && st.st_rdev == t->rdev;

    return S_ISREG(st.st_mode) && st.st_dev == t->dev && st.st_ino == t->ino;
}

/* Reads a node that may be missing: 0 with NULL then, or -errno. */
static int read_node(struct pel_store *s, const char *dir, const char *name,
                     char **value)
{
    *value = pel_store_read(s, "%s/%s", dir, name);

    return *value || errno == ENOENT ? 0 : -errno;
}

/* 1 the disk at @dir collides, 0 not, or a negative errno. */
static int check_vbd(struct pel_store *s, const char *dir,
                     const struct target *t, bool writable)
{
    char *path = NULL, *physical = NULL, *mode = NULL;
    int rc;

    rc = read_node(s, dir, "params", &path);
    if (!rc)
        rc = read_node(s, dir, "physical-device", &physical);
    if (!rc)
        rc = read_node(s, dir, "mode", &mode);
    /* A disk that goes away while we look has no nodes: no user. */
    if (!rc && mode && (writable || mode[0] == 'w'))
        rc = same_target(t, path, physical);
    free(path);
    free(physical);
    free(mode);

    return rc;
}

static int check_domain(struct pel_store *s, const char *domid,
                        const struct target *t, bool writable)
{
    unsigned int nr = 0;
    char dir[DEVICE_PATH_SIZE];
    char **ids = pel_store_list(s, &nr, VBD_ROOT "/%s", domid);
    int rc = ids || errno == ENOENT ? 0 : -errno;

    for (unsigned int i = 0; ids && i < nr && !rc; i++) {
        snprintf(dir, sizeof(dir), VBD_ROOT "/%s/%s", domid, ids[i]);
        rc = check_vbd(s, dir, t, writable);
    }
    free(ids);

    return rc;
}

static int check_guests(struct pel_ctx *ctx, struct pel_store *s,
                        const struct target *t, bool writable)
{
    unsigned int nr = 0;
    char **domids = pel_store_list(s, &nr, VBD_ROOT);
    int rc = domids || errno == ENOENT ? 0 : -errno;

    for (unsigned int i = 0; domids && i < nr && !rc; i++) {
        rc = check_domain(s, domids[i], t, writable);
        if (rc > 0)
            pel_fail(ctx, PEL_ESTATE,
                     "%s is a disk of domain %s already: two users need mode "
                     "r for both",
                     t->path, domids[i]);
    }
    free(domids);
    if (rc < 0)
        return pel_store_fail(ctx, rc, "cannot tell who uses %s", t->path);

    return rc ? -PEL_ESTATE : 0;
}

/* Whether dom0 has a block device mounted in a way that collides. */
static int check_mounts(struct pel_ctx *ctx, const struct target *t, dev_t rdev,
                        bool writable)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    char line[4096], where[512], options[256];
    unsigned int maj, min;
    int rc = 0;

    if (!f)
        return pel_fail_sys(ctx, PEL_EIO, "cannot read dom0's mounts");
    while (!rc && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%*u %*u %u:%u %*s %511s %255s", &maj, &min, where,
                   options) != 4 ||
            makedev(maj, min) != rdev)
            continue;
        if (writable || strncmp(options, "ro", 2))
            rc = pel_fail(ctx, PEL_ESTATE,
                          "%s is mounted at %s in dom0: unmount it first",
                          t->path, where);
    }
    fclose(f);

    return rc;
}

/* Checks the mounts of one loop device if our file is behind it. */
static int check_loop(struct pel_ctx *ctx, const struct target *t,
                      const char *name, bool writable)
{
    struct loop_info64 info;
    char path[64];
    struct stat st;
    int fd, rc = 0;

    snprintf(path, sizeof(path), "/dev/%.32s", name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return 0; /* freed since it was listed */
    if (!ioctl(fd, LOOP_GET_STATUS64, &info) && !fstat(fd, &st) &&
        info.lo_device == t->dev && info.lo_inode == t->ino)
        rc = check_mounts(ctx, t, st.st_rdev, writable);
    close(fd);

    return rc;
}

static int check_loops(struct pel_ctx *ctx, const struct target *t,
                       bool writable)
{
    DIR *dir = opendir("/sys/block");
    const struct dirent *e;
    char bound[300];
    int rc = 0;

    if (!dir)
        return 0;
    while (!rc && (e = readdir(dir))) {
        if (strncmp(e->d_name, "loop", 4))
            continue;
        snprintf(bound, sizeof(bound), "/sys/block/%s/loop", e->d_name);
        if (!access(bound, F_OK))
            rc = check_loop(ctx, t, e->d_name, writable);
    }
    closedir(dir);

    return rc;
}

int pel_disk_check_unused(struct pel_ctx *ctx, const char *path)
{
    struct target t = { .path = path };
    struct pel_store s;
    struct stat st;
    int rc = pel_store_use(ctx, &s);

    if (rc)
        return rc;
    if (stat(path, &st))
        return pel_fail_sys(ctx, PEL_EIO, "cannot examine %s", path);
    t.is_block = S_ISBLK(st.st_mode);
    t.rdev = st.st_rdev;
    t.dev = st.st_dev;
    t.ino = st.st_ino;

    return sharing_check(ctx, &s, &t, true);
}

int sharing_check(struct pel_ctx *ctx, struct pel_store *s,
                  const struct target *target, bool writable)
{
    int rc;

    rc = check_guests(ctx, s, target, writable);
    if (rc)
        return rc;

    return target->is_block ? check_mounts(ctx, target, target->rdev, writable)
                            : check_loops(ctx, target, writable);
}
