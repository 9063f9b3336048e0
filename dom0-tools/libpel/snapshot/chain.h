/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot with its ancestors.
 *
 * INVARIANT SNAP-1: every page that a snapshot's files name by its sum is in
 * the file of pages of that snapshot or of one of its ancestors.
 */
#ifndef PEL_SNAPSHOT_CHAIN_H
#define PEL_SNAPSHOT_CHAIN_H

#include "folder.h"
#include "manifest.h"
#include "page_set.h"

#define SNAP_PAGE 4096u
#define SNAP_DEPTH_MAX 256

struct snap_layer {
    struct snap_manifest m;
    int dir, pages;
    struct snap_sum *sums; /* of each of its pages */
    bool *proven;          /* each page that was read and is right */
};

struct snap_chain {
    struct pel_ctx *ctx;
    struct snap_layer layers[SNAP_DEPTH_MAX]; /* the newest first */
    size_t nr;
    struct page_set set;
    bool trusted; /* pages are not proven: whoever reads them has another sum */
};

/**
 * snap_chain_open - read and check all manifests and sums, not the pages
 * @name: the newest snapshot; NULL: a chain of none
 * @c:    zeroed; for snap_chain_close() also after an error
 * Returns: 0; -PEL_ENOENT; -PEL_EFORMAT; -PEL_EIO
 */
int snap_chain_open(struct snap_folder *f, const char *name,
                    struct snap_chain *c);
void snap_chain_close(struct snap_chain *c);

/**
 * snap_chain_page - a page by its sum, proven once unless the chain is trusted
 * Returns: 0; -PEL_EFORMAT there is none, or it is damaged
 */
int snap_chain_page(struct snap_chain *c, const struct snap_sum *sum,
                    void *page);

/** snap_layer_page - one of a layer's own pages, proven by its sum */
int snap_layer_page(struct pel_ctx *ctx, const struct snap_layer *l,
                    uint32_t slot, void *page);

#endif
