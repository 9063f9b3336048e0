/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new guest's pages, and which machine frames they are. */
#include <stdlib.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include "local.h"

#define BATCH 512   /* extents asked for in one call */
#define BIG_ORDER 9 /* 2 MiB: fewer extents to speak about */

/* One batch of extents of 2^@order pages, from @pfn on. */
static int alloc_batch(struct pel_ctx *ctx, uint32_t domid, unsigned int order,
                       uint64_t pfn, uint64_t nr, xen_pfn_t *p2m, size_t *done)
{
    xen_pfn_t list[BATCH];
    int rc;

    for (uint64_t i = 0; i < nr; i++)
        list[i] = pfn + (i << order);
    rc = pel_hc_populate(ctx, domid, order, list, nr, done);
    for (size_t i = 0; i < *done; i++)
        for (uint64_t j = 0; j < 1ull << order; j++)
            p2m[pfn + (i << order) + j] = list[i] + j;
    return rc;
}

int guest_memory_alloc(struct pel_ctx *ctx, uint32_t domid, uint64_t nr_pages,
                       xen_pfn_t **p2m)
{
    unsigned int order = BIG_ORDER;
    uint64_t pfn = 0;

    *p2m = calloc(nr_pages, sizeof(**p2m));
    if (!*p2m)
        return pel_fail_oom(ctx);

    while (pfn < nr_pages) {
        uint64_t nr = (nr_pages - pfn) >> order;
        size_t done;
        int rc;

        if (nr > BATCH)
            nr = BATCH;
        if (nr == 0) {
            order = 0;
            continue;
        }
        rc = alloc_batch(ctx, domid, order, pfn, nr, *p2m, &done);
        if (rc)
            return rc;
        pfn += done << order;
        if (done == nr)
            continue;
        if (order == 0)
            return pel_fail(ctx, PEL_ENOSPC,
                            "the host has run out of memory after %llu of "
                            "%llu MiB",
                            (unsigned long long)pfn >> 8,
                            (unsigned long long)nr_pages >> 8);
        order = 0; /* no contiguous pieces are left */
    }
    return 0;
}
