/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a snapshot to a guest: what reverting and cloning share. */
#ifndef PEL_SNAPSHOT_BRING_BACK_H
#define PEL_SNAPSHOT_BRING_BACK_H

#include <pel/config.h>
#include <pel/image_file.h>
#include "disks.h"

/* Disks that are written, but not yet under their names. */
struct new_disks {
    struct image_file files[SNAP_DISKS_MAX];
    char *paths[SNAP_DISKS_MAX];
    size_t nr;
};

/**
 * new_disk_begin - a file for a disk
 * @path: where it will be; kept, freed by new_disks_end()
 * @like: a file whose owner and mode it gets, if it is there
 * @out:  set to it
 */
int new_disk_begin(struct pel_ctx *ctx, char *path, const char *like,
                   struct new_disks *d, struct image_file **out);

/** new_disk_write - the same, and a disk of a snapshot into it */
int new_disk_write(struct snap_chain *c, size_t i, char *path, const char *like,
                   struct new_disks *d, bool (*stop)(void));

/** new_disks_commit - they get their names, replacing what has them */
int new_disks_commit(struct new_disks *d);

/** new_disks_end - what has no name yet vanishes */
void new_disks_end(struct new_disks *d);

/** new_disks_remove - also those that have their names already */
void new_disks_remove(const struct new_disks *d);

/* A snapshot that becomes a guest. */
struct bringing {
    struct pel_ctx *ctx;
    struct snap_folder folder;
    struct snap_chain chain;
    struct new_disks disks;
    bool (*stop)(void); /* asked now and then; NULL: never */
};

/**
 * bringing_begin - find and lock a snapshot
 * @b: set, for bringing_end() in any case
 * Returns: 0; -PEL_ENOENT; -PEL_EFORMAT; -PEL_EIO
 */
int bringing_begin(struct pel_ctx *ctx, const char *place, const char *who,
                   const char *name, bool (*stop)(void), struct bringing **b);
void bringing_end(struct bringing *b);

/**
 * bring_back - a guest from a snapshot's image, paused, its generation id set
 * @override: NULL: the image's own configuration
 *
 * Pages are not proven again: the image has a sum, which is checked.
 */
int bring_back(struct bringing *b, const struct pel_config *override,
               uint32_t *domid);

/** bring_image - a guest from any image, paused, its generation id set */
int bring_image(struct pel_ctx *ctx, pel_read_fn *read, void *arg,
                const struct pel_config *override, bool (*stop)(void),
                uint32_t *domid);

#endif
