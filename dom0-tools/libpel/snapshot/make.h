/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot that is being made: what taking and importing share. */
#ifndef PEL_SNAPSHOT_MAKE_H
#define PEL_SNAPSHOT_MAKE_H

#include "disks.h"

struct making {
    struct pel_ctx *ctx;
    struct snap_folder *folder;
    const char *name;
    int dir; /* -1: there is nothing yet */
    struct snap_chain *chain;
    struct snap_manifest m;
    struct snap_pages pages;
    struct parts_writer *memory;
};

/**
 * making_begin - the folder, its files, and what the ancestors have
 * @folder: locked, stays open
 * @parent: NULL: none
 * @m:      for making_end() also after an error
 */
int making_begin(struct snap_folder *folder, const char *name,
                 const char *parent, struct making *m);

/** making_describe - facts about the guest, and room for its disks */
int making_describe(struct making *m, const struct pel_config *cfg,
                    size_t nr_disks);

/** making_commit - everything on the disk, then the name */
int making_commit(struct making *m);

/** making_end - frees; what was not committed is removed */
void making_end(struct making *m);

#endif
