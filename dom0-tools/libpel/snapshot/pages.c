/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages that a new snapshot adds.  Of those that were only offered some
 * turn out not to be needed; in the end the last ones take their places.
 */
#include <stdlib.h>
#include <unistd.h>
#include <pel/ctx.h>
#include "parts.h"

#define NEW_LAYER UINT32_MAX /* a place in the file that is being written */
#define FIRST_ROOM 1024

int snap_pages_open(struct pel_ctx *ctx, int dir, const struct snap_manifest *m,
                    struct page_set *set, struct snap_pages *p)
{
    int rc;

    *p = (struct snap_pages){ .ctx = ctx, .set = set };
    snap_pages_name(m, p->pages_name);
    snap_sums_name(m, p->sums_name);
    rc = snap_out_open_plain(ctx, dir, p->pages_name, &p->pages);
    return rc ? rc : snap_out_open(ctx, dir, p->sums_name, &p->sums);
}

static int make_room(struct snap_pages *p)
{
    size_t room = p->room ? 2 * p->room : FIRST_ROOM;
    void *list;

    if (p->nr == UINT32_MAX)
        return pel_fail(p->ctx, PEL_ENOTSUP, "the snapshot has too many pages");
    if (p->nr < p->room)
        return 0;
    list = realloc(p->list, room * sizeof(*p->list));
    if (!list)
        return pel_fail_oom(p->ctx);
    p->list = list;
    p->room = room;
    return 0;
}

int snap_pages_offer(struct snap_pages *p, const void *page,
                     struct snap_sum *sum)
{
    const struct page_place place = { .layer = NEW_LAYER, .slot = p->nr };
    int rc = make_room(p);

    if (rc)
        return rc;
    snap_sum_of(page, SNAP_PAGE, sum);
    rc = page_set_add(p->set, sum, place);
    if (rc < 0)
        return pel_fail_oom(p->ctx);
    if (!rc)
        return 0;
    p->list[p->nr++] = (struct new_page){ .sum = *sum };
    return snap_out_write(&p->pages, page, SNAP_PAGE);
}

void snap_pages_use(struct snap_pages *p, const struct snap_sum *sum)
{
    struct page_place place;

    if (page_set_find(p->set, sum, &place) && place.layer == NEW_LAYER)
        p->list[place.slot].used = true;
}

int snap_pages_add(struct snap_pages *p, const void *page, struct snap_sum *sum)
{
    int rc = snap_pages_offer(p, page, sum);

    if (!rc)
        snap_pages_use(p, sum);
    return rc;
}

static int move(struct snap_pages *p, uint64_t from, uint64_t to)
{
    int fd = fileno(p->pages.f);
    uint8_t page[SNAP_PAGE];

    p->list[to] = p->list[from];
    if (pread(fd, page, SNAP_PAGE, from * SNAP_PAGE) == SNAP_PAGE &&
        pwrite(fd, page, SNAP_PAGE, to * SNAP_PAGE) == SNAP_PAGE)
        return 0;
    return pel_fail_sys(p->ctx, PEL_EIO, "cannot rewrite %s", p->pages_name);
}

static int drop_unused(struct snap_pages *p)
{
    uint64_t before = p->nr;
    int rc = 0;

    if (fflush(p->pages.f))
        return pel_fail_sys(p->ctx, PEL_EIO, "cannot write %s", p->pages_name);
    for (uint64_t i = 0; !rc && i < p->nr; i++) {
        while (p->nr > i && !p->list[p->nr - 1].used)
            p->nr--;
        if (i < p->nr && !p->list[i].used)
            rc = move(p, --p->nr, i);
    }
    if (!rc && p->nr < before &&
        ftruncate(fileno(p->pages.f), p->nr * SNAP_PAGE))
        rc = pel_fail_sys(p->ctx, PEL_EIO, "cannot cut %s", p->pages_name);
    return rc;
}

int snap_pages_close(struct snap_pages *p, struct snap_manifest *m)
{
    int rc = drop_unused(p);

    for (uint64_t i = 0; !rc && i < p->nr; i++)
        rc = snap_out_write(&p->sums, &p->list[i].sum, sizeof(struct snap_sum));
    if (!rc)
        rc = snap_out_close(&p->pages, NULL);
    if (!rc)
        rc = snap_out_close(&p->sums, &m->sums);
    m->nr_pages = p->nr;
    return rc;
}

void snap_pages_abort(struct snap_pages *p)
{
    snap_out_abort(&p->pages);
    snap_out_abort(&p->sums);
    free(p->list);
    p->list = NULL;
}
