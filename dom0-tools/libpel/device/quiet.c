/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's disks at rest: no request under way in dom0, and all of it kept. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/device.h>

#include "remove.h"

#define STEP_NS 2000000

/* Requests under way of a block device; 0 also when nobody knows. */
static unsigned int in_flight(unsigned int maj, unsigned int min)
{
    unsigned int reads = 0, writes = 0;
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/inflight", maj, min);
    f = fopen(path, "re");
    if (!f)
        return 0;
    if (fscanf(f, "%u %u", &reads, &writes) != 2)
        reads = writes = 0;
    fclose(f);

    return reads + writes;
}

static int wait_for(struct pel_ctx *ctx, struct pel_store *s,
                    const struct device *dev, uint64_t deadline_ns)
{
    const struct timespec nap = { .tv_nsec = STEP_NS };
    unsigned int maj, min;
    int rc = 0;

    if (strcmp(dev->kind, "vbd") || !pel_disk_device(s, dev->back, &maj, &min))
        return 0;
    while (!rc && in_flight(maj, min)) {
        if (pel_store_now_ns() > deadline_ns)
            rc = pel_fail(ctx, PEL_ETIMEDOUT,
                          "disk %u of domain %u is busy for too long",
                          dev->devid, dev->domid);
        nanosleep(&nap, NULL);
    }

    return rc;
}

int pel_disks_wait_quiet(struct pel_ctx *ctx, uint32_t domid, int timeout_ms)
{
    return devices_each(ctx, domid, timeout_ms, wait_for);
}

static int sync_one(struct pel_ctx *ctx, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return pel_fail_sys(ctx, PEL_EIO, "cannot open %s", path);
    if (fsync(fd) && errno != EINVAL && errno != EROFS)
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot write to %s", path);
    close(fd);

    return rc;
}

int pel_disks_sync(struct pel_ctx *ctx, const struct pel_config *cfg)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < cfg->nr_disks; i++)
        if (cfg->disks[i].target && !cfg->disks[i].script)
            rc = sync_one(ctx, cfg->disks[i].target);

    return rc;
}
