/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot with its ancestors. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/ctx.h>
#include "chain.h"

static int open_pages(struct pel_ctx *ctx, struct snap_layer *l)
{
    char name[SNAP_FILE_NAME];
    struct stat st;

    snap_pages_name(&l->m, name);
    l->pages = openat(l->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (l->pages < 0)
        return pel_fail_sys(ctx, PEL_EFORMAT,
                            "snapshot %s is damaged: its file %s", l->m.name,
                            name);
    if (fstat(l->pages, &st) ||
        (uint64_t)st.st_size != l->m.nr_pages * SNAP_PAGE)
        return pel_fail(ctx, PEL_EFORMAT,
                        "snapshot %s is damaged: its file %s has not %llu "
                        "pages",
                        l->m.name, name, (unsigned long long)l->m.nr_pages);
    return 0;
}

static int open_layer(struct snap_folder *f, const char *name,
                      struct snap_layer *l)
{
    char sums[SNAP_FILE_NAME];
    char *text = NULL;
    size_t len;
    int rc;

    l->dir = l->pages = -1;
    rc = snap_folder_enter(f, name, &l->dir);
    if (!rc)
        rc = snap_manifest_read(f->ctx, l->dir, name, &l->m);
    if (rc)
        return rc;
    snap_sums_name(&l->m, sums);
    rc = snap_file_read(f->ctx, l->dir, name, sums, &l->m.sums, &text, &len);
    l->sums = (struct snap_sum *)text; /* bytes need no alignment */
    if (rc)
        return rc;
    l->proven = calloc(l->m.nr_pages + 1, sizeof(*l->proven));
    return l->proven ? open_pages(f->ctx, l) : pel_fail_oom(f->ctx);
}

static int add_pages(struct snap_chain *c, uint32_t layer)
{
    const struct snap_layer *l = &c->layers[layer];

    for (uint32_t i = 0; i < l->m.nr_pages; i++)
        if (page_set_add(&c->set, &l->sums[i],
                         (struct page_place){ layer, i }) < 0)
            return pel_fail_oom(c->ctx);
    return 0;
}

static int missing_parent(struct snap_chain *c, const char *name, int rc)
{
    if (rc != -PEL_ENOENT || !c->nr)
        return rc;
    pel_error_clear(c->ctx);
    return pel_fail(c->ctx, PEL_EFORMAT,
                    "snapshot %s is damaged: its parent %s is gone",
                    c->layers[c->nr - 1].m.name, name);
}

int snap_chain_open(struct snap_folder *f, const char *name,
                    struct snap_chain *c)
{
    int rc = 0;

    c->ctx = f->ctx;
    while (!rc && name) {
        if (c->nr == SNAP_DEPTH_MAX)
            return pel_fail(f->ctx, PEL_EINVAL,
                            "snapshot %s has more than %d before it: delete "
                            "some of them",
                            c->layers[0].m.name, SNAP_DEPTH_MAX - 1);
        rc = open_layer(f, name, &c->layers[c->nr]);
        rc = missing_parent(c, name, rc);
        c->nr++;
        if (!rc)
            rc = add_pages(c, c->nr - 1);
        name = rc ? NULL : c->layers[c->nr - 1].m.parent;
    }
    return rc;
}

void snap_chain_close(struct snap_chain *c)
{
    for (size_t i = 0; i < c->nr; i++) {
        struct snap_layer *l = &c->layers[i];

        snap_manifest_free(&l->m);
        free(l->sums);
        free(l->proven);
        if (l->pages >= 0)
            close(l->pages);
        if (l->dir >= 0)
            close(l->dir);
    }
    c->nr = 0;
    page_set_free(&c->set);
}

static int bad_page(struct pel_ctx *ctx, const struct snap_layer *l,
                    uint32_t slot)
{
    return pel_fail(ctx, PEL_EFORMAT,
                    "snapshot %s is damaged: page %u of its file pages.%llu is "
                    "not as it was written",
                    l->m.name, slot, (unsigned long long)l->m.generation);
}

static int read_page(struct pel_ctx *ctx, const struct snap_layer *l,
                     uint32_t slot, void *page)
{
    ssize_t n = pread(l->pages, page, SNAP_PAGE, (off_t)slot * SNAP_PAGE);

    if (n < 0)
        return pel_fail_sys(ctx, PEL_EIO, "cannot read snapshot %s", l->m.name);
    return n == SNAP_PAGE ? 0 : bad_page(ctx, l, slot);
}

int snap_layer_page(struct pel_ctx *ctx, const struct snap_layer *l,
                    uint32_t slot, void *page)
{
    struct snap_sum sum;
    int rc = read_page(ctx, l, slot, page);

    if (rc)
        return rc;
    snap_sum_of(page, SNAP_PAGE, &sum);
    l->proven[slot] = snap_sum_same(&sum, &l->sums[slot]);
    return l->proven[slot] ? 0 : bad_page(ctx, l, slot);
}

int snap_chain_page(struct snap_chain *c, const struct snap_sum *sum,
                    void *page)
{
    const struct snap_layer *l;
    struct page_place place;

    if (!page_set_find(&c->set, sum, &place))
        return pel_fail(c->ctx, PEL_EFORMAT,
                        "snapshot %s is damaged: a page of it is in none of "
                        "its files",
                        c->layers[0].m.name);
    l = &c->layers[place.layer];
    if (c->trusted || l->proven[place.slot])
        return read_page(c->ctx, l, place.slot, page);
    return snap_layer_page(c->ctx, l, place.slot, page);
}
