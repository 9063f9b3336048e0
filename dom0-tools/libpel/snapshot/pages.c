/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages that a new snapshot adds. */
#include <pel/ctx.h>
#include "parts.h"

int snap_pages_open(struct pel_ctx *ctx, int dir, const struct snap_manifest *m,
                    struct page_set *set, struct snap_pages *p)
{
    int rc;

    *p = (struct snap_pages){ .ctx = ctx, .set = set };
    snap_pages_name(m, p->pages_name);
    snap_sums_name(m, p->sums_name);
    rc = snap_out_open(ctx, dir, p->pages_name, &p->pages);
    return rc ? rc : snap_out_open(ctx, dir, p->sums_name, &p->sums);
}

int snap_pages_add(struct snap_pages *p, const void *page, struct snap_sum *sum)
{
    struct snap_sum own;
    int rc;

    if (!sum)
        sum = &own;
    snap_sum_of(page, SNAP_PAGE, sum);
    rc = page_set_add(p->set, sum, (struct page_place){ 0 });
    if (rc < 0)
        return pel_fail_oom(p->ctx);
    if (!rc)
        return 0;
    if (p->nr == UINT32_MAX)
        return pel_fail(p->ctx, PEL_ENOTSUP, "the snapshot has too many pages");
    p->nr++;
    rc = snap_out_write(&p->pages, page, SNAP_PAGE);
    return rc ? rc : snap_out_write(&p->sums, sum, sizeof(*sum));
}

int snap_pages_close(struct snap_pages *p, struct snap_manifest *m)
{
    int rc = snap_out_close(&p->pages, NULL);

    if (!rc)
        rc = snap_out_close(&p->sums, &m->sums);
    m->nr_pages = p->nr;
    return rc;
}

void snap_pages_abort(struct snap_pages *p)
{
    snap_out_abort(&p->pages);
    snap_out_abort(&p->sums);
}
