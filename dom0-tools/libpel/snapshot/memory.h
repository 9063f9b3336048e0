/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's memory on its way into a snapshot: pages come in any order while
 * the guest runs, the last one of each counts; in the end they are put
 * together to the image that pel_domain_save() would have written.
 */
#ifndef PEL_SNAPSHOT_MEMORY_H
#define PEL_SNAPSHOT_MEMORY_H

#include "parts.h"

/* What is known of one page of the guest. */
struct memory_page {
    struct snap_sum sum; /* of its bytes; of zeros: not set */
    uint64_t hash;       /* for the image's sum; PEL_ZERO_HASH: zeros */
    uint32_t type;       /* XEN_DOMCTL_PFINFO_* */
};

struct snap_memory {
    struct pel_ctx *ctx;
    struct snap_pages *pages;
    struct memory_page *list; /* by the page's number; others: type XTAB */
    uint64_t nr;
    char *text; /* the image without pages */
    size_t len, room, at;
};

/** snap_memory_pages - a pel_pages_fn; @m: ctx and pages set, else zero */
int snap_memory_pages(struct snap_memory *m, const uint64_t *pfns,
                      const uint32_t *types, const void *const *pages,
                      size_t nr);

/** snap_memory_text - a pel_write_fn for all that is not pages */
int snap_memory_text(struct snap_memory *m, const void *buf, size_t len);

/**
 * snap_memory_image - write the whole image
 * @config: of its header
 */
int snap_memory_image(struct snap_memory *m, const char *config,
                      struct parts_writer *to);

void snap_memory_free(struct snap_memory *m);

#endif
