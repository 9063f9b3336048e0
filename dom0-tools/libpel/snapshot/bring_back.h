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
 * new_disk_write - one disk of a snapshot into a file
 * @path: where it will be; kept, freed by new_disks_end()
 * @like: a file whose owner and mode it gets; NULL: none
 */
int new_disk_write(struct snap_chain *c, size_t i, char *path, const char *like,
                   struct new_disks *d, bool (*stop)(void));

/** new_disks_commit - they get their names, replacing what has them */
int new_disks_commit(struct new_disks *d);

/** new_disks_end - what has no name yet vanishes */
void new_disks_end(struct new_disks *d);

/**
 * bring_back - a guest from a snapshot's image, paused, its generation id set
 * @override: NULL: the image's own configuration
 */
int bring_back(struct snap_chain *c, const struct pel_config *override,
               bool (*stop)(void), uint32_t *domid);

#endif
