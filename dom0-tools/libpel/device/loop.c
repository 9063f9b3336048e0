/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file as a block device: Linux's loop driver by its ioctls. */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pel/ctx.h>

#include "local.h"

#define LOOP_TRIES 256 /* others may take a free device before we do */

/* Binds in one step, or in two on kernels before 5.8: 0 or -errno. */
static int configure(int loop_fd, int file_fd, const char *path, bool readonly)
{
    struct loop_config cfg = { .fd = (uint32_t)file_fd };
    int rc;

    cfg.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (readonly)
        cfg.info.lo_flags |= LO_FLAGS_READ_ONLY;
    snprintf((char *)cfg.info.lo_file_name, sizeof(cfg.info.lo_file_name), "%s",
             path);

    if (!ioctl(loop_fd, LOOP_CONFIGURE, &cfg))
        return 0;
    if (errno != EINVAL && errno != ENOTTY)
        return -errno;

    /* Read-only follows from how both descriptors were opened. */
    if (ioctl(loop_fd, LOOP_SET_FD, file_fd))
        return -errno;
    cfg.info.lo_flags &= ~(uint32_t)LO_FLAGS_READ_ONLY;
    if (!ioctl(loop_fd, LOOP_SET_STATUS64, &cfg.info))
        return 0;
    rc = -errno;
    ioctl(loop_fd, LOOP_CLR_FD, 0);

    return rc;
}

/* One try: a descriptor; -EBUSY somebody else was quicker; -errno. */
static int try_one(int control, int file_fd, const char *path, bool readonly)
{
    char node[32];
    int nr, fd, rc;

    nr = ioctl(control, LOOP_CTL_GET_FREE);
    if (nr < 0)
        return -errno;
    snprintf(node, sizeof(node), "/dev/loop%d", nr);
    fd = open(node, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (fd < 0)
        return errno == ENXIO ? -EBUSY : -errno;

    rc = configure(fd, file_fd, path, readonly);
    if (rc) {
        close(fd);
        return rc;
    }

    return fd;
}

int loop_attach(struct pel_ctx *ctx, int file_fd, const char *path,
                bool readonly, dev_t *rdev)
{
    struct stat st;
    int control, fd = -EBUSY;

    control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return pel_fail_sys(ctx, PEL_ENOTSUP,
                            "no loop devices in dom0 for %s: load its module "
                            "loop",
                            path);

    for (int i = 0; i < LOOP_TRIES && fd == -EBUSY; i++)
        fd = try_one(control, file_fd, path, readonly);
    close(control);
    if (fd >= 0 && fstat(fd, &st)) {
        int saved = -errno;

        close(fd);
        fd = saved;
    }
    if (fd < 0) {
        errno = -fd;
        return pel_fail_sys(ctx, PEL_EIO, "cannot attach %s to a loop device",
                            path);
    }
    *rdev = st.st_rdev;

    return fd;
}
