/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks of a guest into a snapshot, and out of it. */
#ifndef PEL_SNAPSHOT_DISKS_H
#define PEL_SNAPSHOT_DISKS_H

#include <pel/config.h>
#include <pel/image_file.h>
#include "parts.h"

/* A writable disk of a guest, open for reading. */
struct disk_source {
    const struct pel_disk *disk;
    int fd;
    bool is_device;
    uint64_t size; /* bytes */
    bool followed; /* it is read while the guest runs */
    bool frozen;   /* @fd is a reflink of it, which nobody changes */
};

struct disk_sources {
    struct disk_source list[SNAP_DISKS_MAX];
    size_t nr;
};

/**
 * disks_open - find and open all that belong into a snapshot
 * @cfg: outlives @d
 * @d:   zeroed; for disks_close() also after an error
 * Returns: 0; -PEL_ENOTSUP one is of a script; -PEL_EIO
 */
int disks_open(struct pel_ctx *ctx, const struct pel_config *cfg,
               struct disk_sources *d);
void disks_close(struct disk_sources *d);

/** disk_can_freeze - whether its file system makes reflinks */
bool disk_can_freeze(const struct disk_source *s);

/** disks_freeze - reflinks of those that are not followed, where that can be */
void disks_freeze(struct disk_sources *d);

/**
 * disks_store - their bytes into a snapshot; not of those that are followed
 * @frozen: those that are, or those that are not
 * @m:      has room for them, and gets their names and sums
 */
int disks_store(struct pel_ctx *ctx, const struct disk_sources *d, bool frozen,
                int dir, struct snap_pages *pages, struct snap_manifest *m,
                bool (*stop)(void));

struct disk_pages;

/**
 * disks_store_followed - those whose pages are known
 * @known: as many as there are in @d
 */
int disks_store_followed(struct pel_ctx *ctx, const struct disk_sources *d,
                         const struct disk_pages *known, int dir,
                         struct snap_pages *pages, struct snap_manifest *m);

/**
 * disk_store_file - one of them
 * @len: bytes
 * @out: its entry in a manifest, named
 */
int disk_store_file(struct pel_ctx *ctx, int fd, uint64_t len, int dir,
                    size_t i, struct snap_pages *pages, struct snap_disk *out,
                    bool (*stop)(void));

/**
 * disk_copy_file - a disk into a file of its own: a reflink of it, else a copy
 * without its holes
 * @f: created, not committed
 */
int disk_copy_file(struct pel_ctx *ctx, const struct disk_source *s,
                   struct image_file *f, bool (*stop)(void));

/**
 * disk_write_out - a disk of a snapshot through a callback, checked
 * @c: the snapshot with its ancestors
 */
int disk_write_out(struct snap_chain *c, size_t i, pel_write_fn *write,
                   void *arg, bool (*stop)(void));

#endif
