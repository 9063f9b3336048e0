/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual disks: from a target in dom0 to a back end that holds it open. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <xen/io/xenbus.h>

#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/device.h>

#include "attach.h"

/* Opens the target as the guest may use it, and says what it is. */
static int open_target(struct pel_ctx *ctx, const struct pel_disk *disk,
                       struct target *t)
{
    int flags = disk->writable ? O_RDWR : O_RDONLY;
    int fd = open(disk->target, flags | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return pel_fail_sys(ctx, errno == ENOENT ? PEL_ENOENT : PEL_EINVAL,
                            "cannot open %s for disk %s", disk->target,
                            disk->vdev);
    if (fstat(fd, &st)) {
        pel_fail_sys(ctx, PEL_EIO, "cannot examine %s", disk->target);
        close(fd);
        return -PEL_EIO;
    }
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        close(fd);
        return pel_fail(ctx, PEL_EINVAL,
                        "%s is neither a file nor a block device",
                        disk->target);
    }

    t->path = disk->target;
    t->is_block = S_ISBLK(st.st_mode);
    t->rdev = st.st_rdev;
    t->dev = st.st_dev;
    t->ino = st.st_ino;

    return fd;
}

static int write_nodes(struct pel_ctx *ctx, struct pel_store *s,
                       const struct device *dev, const struct pel_disk *disk,
                       const char *physical, const char *loop)
{
    char number[16], name[PEL_VBD_NAME_SIZE], script[512] = SCRIPT_NONE;
    int rc;

    snprintf(number, sizeof(number), "%u", dev->devid);
    pel_vbd_name(dev->devid, name);
    if (disk->script)
        script_path(disk->script, script, sizeof(script));

    const struct node front[] = {
        { "virtual-device", number },
        { "device-type", "disk" },
        { NULL, NULL },
    };
    const struct node back[] = {
        { "params", disk->target },
        { "script", script },
        { "physical-device", physical },
        { "node", loop },
        { "hotplug-status", physical ? "connected" : NULL },
        { "removable", "0" },
        { "bootable", "1" },
        { "dev", name[0] ? name : number },
        { "type", "phy" },
        { "mode", disk->writable ? "w" : "r" },
        { "device-type", "disk" },
        { "discard-enable", "1" },
        { NULL, NULL },
    };

    rc = nodes_create(s, dev, front, back);
    if (rc == -EEXIST)
        return pel_fail(ctx, PEL_EEXIST, "domain %u has a disk %s already",
                        dev->domid, disk->vdev);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot write the nodes of disk %s",
                              disk->vdev);

    return 0;
}

/* The kernel opens the target by its number, which goes into the nodes. */
static int begin_native(struct pel_ctx *ctx, struct pel_store *s,
                        struct attachment *a)
{
    char physical[32], loop[32];
    struct target t;
    int fd, lock, rc;

    fd = open_target(ctx, a->disk, &t);
    if (fd < 0)
        return fd;
    lock = sharing_lock(ctx);
    if (lock < 0) {
        close(fd);
        return lock;
    }

    rc = sharing_check(ctx, s, &t, a->disk->writable);
    if (!rc && !t.is_block) {
        a->loop_fd = loop_attach(ctx, fd, t.path, !a->disk->writable, &t.rdev);
        rc = a->loop_fd < 0 ? a->loop_fd : 0;
    }
    if (!rc) {
        snprintf(physical, sizeof(physical), "%x:%x", major(t.rdev),
                 minor(t.rdev));
        snprintf(loop, sizeof(loop), "/dev/loop%u", minor(t.rdev));
        rc = write_nodes(ctx, s, &a->dev, a->disk, physical,
                         t.is_block ? NULL : loop);
        a->created = !rc;
    }
    close(lock);
    close(fd);

    return rc;
}

/* A script finds the device; it may start once the back end waits. */
static int run_script(struct pel_ctx *ctx, struct pel_store *s,
                      struct attachment *a)
{
    char *physical;
    int rc;

    rc = backend_wait(ctx, s, &a->dev, XenbusStateInitWait, a->deadline_ns);
    if (rc)
        return rc;
    rc = script_run(ctx, &a->dev, a->disk->script, "add", NULL);
    if (rc)
        return rc;
    a->deadline_ns = attach_deadline();

    physical = pel_store_read(s, "%s/physical-device", a->dev.back);
    if (!physical)
        return pel_fail(ctx, PEL_EIO,
                        "the script %s did not say which device disk %s is",
                        a->disk->script, a->disk->vdev);
    free(physical);

    return 0;
}

int vbd_begin(struct pel_ctx *ctx, struct pel_store *s, struct attachment *a)
{
    uint32_t number;
    int rc;

    if (pel_vbd_number(a->disk->vdev, &number))
        return pel_fail(ctx, PEL_EINVAL,
                        "%s is no name of a disk: use xvda, xvdb, ...",
                        a->disk->vdev);
    rc = backend_require(ctx, "vbd", "xen-blkback");
    if (rc)
        return rc;
    device_init(&a->dev, a->domid, "vbd", number);
    if (!a->disk->script)
        return begin_native(ctx, s, a);

    rc = write_nodes(ctx, s, &a->dev, a->disk, NULL, NULL);
    a->created = !rc;

    return rc;
}

int vbd_finish(struct pel_ctx *ctx, struct pel_store *s, struct attachment *a)
{
    int rc = a->disk->script ? run_script(ctx, s, a) : 0;

    if (!rc)
        rc = backend_wait_open(ctx, s, &a->dev, a->deadline_ns);

    return rc ? rc
              : backend_wait(ctx, s, &a->dev, XenbusStateInitWait,
                             a->deadline_ns);
}
