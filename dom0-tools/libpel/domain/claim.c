/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file with a byte for each domain, which is locked; nothing is in it. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <pel/ctx.h>
#include "claim.h"

#define STEP_MS 20

static int lock(int fd, struct flock *byte)
{
    const struct timespec nap = { .tv_nsec = STEP_MS * 1000000 };
    int rc;

    for (int ms = 0;; ms += STEP_MS) {
        rc = fcntl(fd, F_OFD_SETLK, byte);
        if (!rc || (errno != EAGAIN && errno != EACCES) || ms >= CLAIM_MS)
            return rc;
        nanosleep(&nap, NULL);
    }
}

int domain_claim(struct pel_ctx *ctx, uint32_t domid)
{
    struct flock byte = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = domid,
        .l_len = 1,
    };
    int fd = open(CLAIM_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int rc;

    if (fd < 0)
        return pel_fail_sys(ctx, PEL_EIO, "cannot open " CLAIM_FILE);
    if (!lock(fd, &byte))
        return fd;
    if (errno == EAGAIN || errno == EACCES)
        rc = pel_fail(ctx, PEL_ESTATE,
                      "domain %u is being saved, copied or migrated already",
                      domid);
    else
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot lock " CLAIM_FILE);
    close(fd);
    return rc;
}

void domain_claim_end(int claim)
{
    if (claim >= 0)
        close(claim);
}
