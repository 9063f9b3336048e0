/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk on its way into a snapshot: pieces come in any order while the guest
 * runs, the last one of each page counts.
 */
#ifndef PEL_SNAPSHOT_DISK_PAGES_H
#define PEL_SNAPSHOT_DISK_PAGES_H

#include "parts.h"

/* Sums of as many pages; what no page has, zero bytes, stands for zeros. */
#define DISK_CHUNK 512u

struct disk_pages {
    struct snap_sum **chunks; /* NULL: zeros */
    uint64_t nr_chunks, len;  /* bytes of the disk: whole pages */
};

/**
 * disk_pages_put - bytes of a disk into a snapshot
 * @len: of the disk, where the first piece of it comes
 */
int disk_pages_put(struct snap_pages *pages, struct disk_pages *d,
                   uint64_t disk_len, uint64_t from, const void *data,
                   uint64_t len);

/** disk_pages_text - all of it, in order */
int disk_pages_text(const struct disk_pages *d, struct parts_writer *to);

void disk_pages_free(struct disk_pages *d);

#endif
