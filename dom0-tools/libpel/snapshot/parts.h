/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A long text of bytes (an image, a disk) as a list of its parts: bytes as
 * they stand, pages of zeros, and the sums of pages that are kept elsewhere.
 * The same page is kept once in a whole chain.
 */
#ifndef PEL_SNAPSHOT_PARTS_H
#define PEL_SNAPSHOT_PARTS_H

#include <pel/stream.h>
#include "chain.h"

struct new_page {
    struct snap_sum sum;
    bool used; /* some text names it */
};

/* The pages that a new snapshot adds to those of its ancestors. */
struct snap_pages {
    struct pel_ctx *ctx;
    struct page_set *set; /* all that there are, those before it too */
    struct snap_out pages, sums;
    char pages_name[SNAP_FILE_NAME], sums_name[SNAP_FILE_NAME];
    struct new_page *list;
    uint64_t nr, room;
};

/**
 * snap_pages_open - begin the two files
 * @m:   has its generation
 * @set: grows by each page; whose it is stays the caller's
 * @p:   snap_pages_abort() or snap_pages_close() ends it
 */
int snap_pages_open(struct pel_ctx *ctx, int dir, const struct snap_manifest *m,
                    struct page_set *set, struct snap_pages *p);

/** snap_pages_add - keep a page, unless it is there; @sum: set to its own */
int snap_pages_add(struct snap_pages *p, const void *page,
                   struct snap_sum *sum);

/** snap_pages_offer - the same, but only if it is used until the end */
int snap_pages_offer(struct snap_pages *p, const void *page,
                     struct snap_sum *sum);

/** snap_pages_use - a page that was offered is needed */
void snap_pages_use(struct snap_pages *p, const struct snap_sum *sum);

/** snap_pages_close - on the disk, and in the manifest */
int snap_pages_close(struct snap_pages *p, struct snap_manifest *m);
void snap_pages_abort(struct snap_pages *p);

#define PARTS_BUFFER (64u << 10)

/* A text that is being taken apart. */
struct parts_writer {
    struct pel_ctx *ctx;
    struct snap_pages *pages;
    struct snap_out out;
    uint32_t kind, nr; /* of the part that grows; 0: none */
    size_t used;       /* of its bytes */
    uint8_t buffer[PARTS_BUFFER];
};

int parts_writer_open(struct pel_ctx *ctx, int dir, const char *name,
                      struct snap_pages *pages, struct parts_writer *w);

/**
 * parts_write - a pel_write_fn
 *
 * What comes in one piece is cut into pages from its begin; the rest is kept
 * as bytes.
 */
int parts_write(void *arg, const void *buf, size_t len);

/** parts_write_sum - a page that was offered, or that an ancestor has */
int parts_write_sum(struct parts_writer *w, const struct snap_sum *sum);

int parts_writer_close(struct parts_writer *w, struct snap_file *file);
void parts_writer_abort(struct parts_writer *w);

/* A text that is being put together. */
struct parts_reader {
    struct snap_chain *chain; /* the text is one of its first layer */
    const char *name;
    char *text; /* the file of parts */
    size_t len, at;
    uint32_t kind, left; /* of the present part: bytes or pages still to come */
    const uint8_t *rest; /* what of a piece has not been read yet */
    size_t nr_rest;
    uint8_t page[SNAP_PAGE];
};

/**
 * parts_reader_open - check the whole list of parts
 * @name: of the file; kept, not copied
 * @r:    for parts_reader_close() also after an error
 * Returns: 0; -PEL_EFORMAT; -PEL_EIO; -PEL_ENOMEM
 */
int parts_reader_open(struct snap_chain *c, const char *name,
                      const struct snap_file *file, struct parts_reader *r);
void parts_reader_close(struct parts_reader *r);

/**
 * parts_next - the next piece
 * @buf: set to its bytes; NULL for zeros
 * @len: set to its length; 0 at the end
 */
int parts_next(struct parts_reader *r, const void **buf, size_t *len);

/** parts_read - a pel_read_fn */
int parts_read(void *arg, void *buf, size_t len);

/** parts_at_end - whether all has been read */
bool parts_at_end(const struct parts_reader *r);

/**
 * parts_each_sum - all pages that a list of parts names
 * @fn: 0, or an error that ends it
 */
int parts_each_sum(struct parts_reader *r,
                   int (*fn)(void *arg, const struct snap_sum *sum), void *arg);

#endif
