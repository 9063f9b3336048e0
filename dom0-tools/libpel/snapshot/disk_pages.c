/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk on its way into a snapshot, in any order. */
#include <stdlib.h>
#include <pel/ctx.h>
#include "disk_pages.h"

static const struct snap_sum zeros;

static int make_chunks(struct pel_ctx *ctx, struct disk_pages *d, uint64_t len)
{
    d->len = len;
    d->nr_chunks = len / SNAP_PAGE / DISK_CHUNK + 1;
    d->chunks = calloc(d->nr_chunks, sizeof(*d->chunks));
    return d->chunks ? 0 : pel_fail_oom(ctx);
}

/* The place of a page's sum; NULL: of a chunk that is all zeros, or no memory.
 */
static struct snap_sum *place(struct disk_pages *d, uint64_t page, bool make)
{
    struct snap_sum **chunk = &d->chunks[page / DISK_CHUNK];

    if (!*chunk && make)
        *chunk = calloc(DISK_CHUNK, sizeof(**chunk));
    return *chunk ? &(*chunk)[page % DISK_CHUNK] : NULL;
}

static void put_zeros(struct disk_pages *d, uint64_t from, uint64_t len)
{
    for (uint64_t at = from; at < from + len; at += SNAP_PAGE) {
        struct snap_sum *sum = place(d, at / SNAP_PAGE, false);

        if (sum)
            *sum = zeros;
    }
}

int disk_pages_put(struct snap_pages *pages, struct disk_pages *d,
                   uint64_t disk_len, uint64_t from, const void *data,
                   uint64_t len)
{
    const uint8_t *p = data;
    int rc = d->chunks ? 0 : make_chunks(pages->ctx, d, disk_len);

    if (!rc && !data)
        put_zeros(d, from, len);
    for (uint64_t i = 0; !rc && data && i < len; i += SNAP_PAGE) {
        bool zero = pel_page_is_zero(p + i);
        struct snap_sum *sum = place(d, (from + i) / SNAP_PAGE, !zero);

        if (zero && sum)
            *sum = zeros;
        else if (!zero)
            rc = sum ? snap_pages_offer(pages, p + i, sum)
                     : pel_fail_oom(pages->ctx);
    }
    return rc;
}

int disk_pages_text(const struct disk_pages *d, struct parts_writer *to)
{
    int rc = 0;

    for (uint64_t i = 0; !rc && i < d->len / SNAP_PAGE; i++) {
        const struct snap_sum *chunk = d->chunks[i / DISK_CHUNK];
        const struct snap_sum *sum = chunk ? &chunk[i % DISK_CHUNK] : &zeros;

        rc = snap_sum_same(sum, &zeros) ? parts_write(to, NULL, SNAP_PAGE)
                                        : parts_write_sum(to, sum);
    }
    return rc;
}

void disk_pages_free(struct disk_pages *d)
{
    for (uint64_t i = 0; d->chunks && i < d->nr_chunks; i++)
        free(d->chunks[i]);
    free(d->chunks);
    d->chunks = NULL;
}
