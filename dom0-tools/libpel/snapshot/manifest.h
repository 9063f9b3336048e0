/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest: what a snapshot consists of, and what proves each part. */
#ifndef PEL_SNAPSHOT_MANIFEST_H
#define PEL_SNAPSHOT_MANIFEST_H

#include "file.h"

#define SNAP_FORMAT 2
#define SNAP_NAME_MAX 64
#define SNAP_DISKS_MAX 64
#define SNAP_MANIFEST "manifest.json"
#define SNAP_FILE_NAME 32 /* room for the name of any file of a snapshot */

struct snap_disk {
    char *vdev, *target;    /* as in the guest's configuration */
    uint64_t len;           /* of the disk, in bytes */
    struct snap_file parts; /* its file disk-N, N from 0 in this order */
};

struct snap_manifest {
    char *name, *domain; /* of the snapshot; of the guest at that time */
    uint8_t uuid[16];    /* of the guest */
    char *parent;        /* NULL: it stands alone */
    uint64_t time;       /* seconds since 1970 */
    uint64_t memory_kb;  /* what the guest had */
    uint64_t rounds;     /* in which it was taken of a running guest, or 0 */
    uint64_t still_ms;   /* for how long the guest stood still then */
    uint64_t generation; /* of its files pages.G and sums.G */
    uint64_t nr_pages;   /* in them */
    struct snap_file sums, memory, config;
    struct snap_disk *disks;
    size_t nr_disks;
};

/** snap_name_check - whether a snapshot may be called so; -PEL_EINVAL */
int snap_name_check(struct pel_ctx *ctx, const char *name);

/**
 * snap_manifest_write - put it into a folder under its name, at one instant
 * @dir: of the snapshot; an older manifest there is replaced
 * Returns: 0; -PEL_EIO; -PEL_ENOMEM
 */
int snap_manifest_write(struct pel_ctx *ctx, int dir,
                        const struct snap_manifest *m);

/**
 * snap_manifest_read - read and check every field
 * @name: that it must have
 * @m:    empty in case of an error; else for snap_manifest_free()
 * Returns: 0; -PEL_EFORMAT; -PEL_ENOTSUP another format; -PEL_EIO
 */
int snap_manifest_read(struct pel_ctx *ctx, int dir, const char *name,
                       struct snap_manifest *m);

void snap_manifest_free(struct snap_manifest *m);

/** snap_pages_name, snap_sums_name, snap_disk_name - names of files */
void snap_pages_name(const struct snap_manifest *m, char *to);
void snap_sums_name(const struct snap_manifest *m, char *to);
void snap_disk_name(size_t i, char *to);

#endif
