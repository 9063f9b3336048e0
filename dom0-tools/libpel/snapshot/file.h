/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of a snapshot: written once, with their length and sum. */
#ifndef PEL_SNAPSHOT_FILE_H
#define PEL_SNAPSHOT_FILE_H

#include <gcrypt.h>
#include <stdio.h>
#include "sum.h"

/* What a manifest says of a file. */
struct snap_file {
    uint64_t len; /* bytes */
    struct snap_sum sum;
};

struct snap_out {
    struct pel_ctx *ctx;
    const char *name; /* in its folder; for messages too */
    FILE *f;          /* NULL: not open */
    gcry_md_hd_t md;  /* NULL: its sum is not wanted */
    uint64_t len;
};

/**
 * snap_out_open - create a file that must not exist yet
 * @dir:   the folder
 * @name:  kept, not copied
 * @o:     snap_out_abort() or snap_out_close() ends it
 * Returns: 0; -PEL_EIO; -PEL_ENOMEM
 */
int snap_out_open(struct pel_ctx *ctx, int dir, const char *name,
                  struct snap_out *o);

/** snap_out_open_plain - one whose sum nobody wants; it can be read, too */
int snap_out_open_plain(struct pel_ctx *ctx, int dir, const char *name,
                        struct snap_out *o);

int snap_out_write(struct snap_out *o, const void *buf, size_t len);

/** snap_out_close - bring it to the disk; @file is NULL for a plain one */
int snap_out_close(struct snap_out *o, struct snap_file *file);

/** snap_out_abort - close without a promise; also of what is not open */
void snap_out_abort(struct snap_out *o);

/**
 * snap_file_read - a whole file into memory, checked against what is known
 * @what: the snapshot, for messages
 * @known: its length and sum; NULL: nothing is known, up to 1 MiB
 * @out:  malloc'ed, with a NUL behind it
 * Returns: 0; -PEL_EFORMAT it is not what was written; -PEL_EIO
 */
int snap_file_read(struct pel_ctx *ctx, int dir, const char *what,
                   const char *name, const struct snap_file *known, char **out,
                   size_t *len);

/** snap_dir_sync - a folder's names to the disk; -PEL_EIO */
int snap_dir_sync(struct pel_ctx *ctx, int dir);

#endif
