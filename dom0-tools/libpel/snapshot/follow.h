/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disks of a guest while it runs: those that no reflink freezes are read
 * before it stands still, and what it writes meanwhile once more.
 */
#ifndef PEL_SNAPSHOT_FOLLOW_H
#define PEL_SNAPSHOT_FOLLOW_H

#include <pel/checkpoint.h>
#include <pel/mirror.h>
#include "disks.h"

struct follower {
    struct pel_ctx *ctx;
    struct disk_sources *sources;
    bool (*stop)(void); /* asked now and then; NULL: never */
    /* Bytes of a source, by its number; NULL: zeros.  The last time counts. */
    int (*put)(void *arg, size_t source, uint64_t from, const void *data,
               uint64_t len);
    void *arg;
    /* Ours. */
    struct mirror_source *mirror; /* NULL: there are none */
    size_t source[SNAP_DISKS_MAX];
    size_t nr;
    struct pel_disk_rounds rounds;
};

/**
 * follow_begin - find those that can be followed, and read all of them
 * @f: what is not ours is set, the rest zero; follow_end() it in any case
 *
 * Disks that cannot be followed are left to be read while the guest stands
 * still, which the log tells.
 * Returns: 0; -PEL_ESTATE stopped; what put() says; -PEL_EIO; -PEL_ENOMEM
 */
int follow_begin(struct follower *f, uint32_t domid,
                 const struct pel_config *cfg);

/** follow_rounds - for pel_domain_capture() */
const struct pel_disk_rounds *follow_rounds(struct follower *f);

/** follow_last - the rest, of a guest that stands still */
int follow_last(struct follower *f, uint32_t domid);

/** follow_end - follow no more */
void follow_end(struct follower *f);

#endif
