/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deleting a snapshot.  Each child first gets the pages that it or one of its
 * descendants takes from the one that goes, and that one's parent; its new
 * manifest is the instant of the change.  Before and after, SNAP-1 holds for
 * all; so it does not matter how many children have been done when we are
 * killed.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pel/ctx.h>
#include <pel/snapshot.h>
#include "parts.h"

struct deletion {
    struct snap_folder *folder;
    struct snap_chain *chain;  /* of the one that goes */
    struct snap_manifest *all; /* of every snapshot */
    size_t nr;
};

static const char *victim(const struct deletion *d)
{
    return d->chain->layers[0].m.name;
}

static int read_all(struct deletion *d)
{
    char **names;
    size_t nr;
    int rc = snap_folder_names(d->folder, &names, &nr);

    if (!rc) {
        d->all = calloc(nr + 1, sizeof(*d->all));
        rc = d->all ? 0 : pel_fail_oom(d->folder->ctx);
    }
    for (size_t i = 0; !rc && i < nr; i++) {
        int fd;

        rc = snap_folder_enter(d->folder, names[i], &fd);
        if (rc)
            break;
        rc = snap_manifest_read(d->folder->ctx, fd, names[i], &d->all[d->nr]);
        d->nr += !rc;
        close(fd);
    }
    snap_names_free(names, nr);
    return rc;
}

static int note(void *arg, const struct snap_sum *sum)
{
    struct page_set *set = arg;

    return page_set_add(set, sum, (struct page_place){ 0 }) < 0 ? -1 : 0;
}

/* The pages that one file of a chain's first layer names. */
static int note_file(struct snap_chain *c, const char *name,
                     const struct snap_file *file, struct page_set *set)
{
    struct parts_reader r = { .text = NULL };
    int rc = parts_reader_open(c, name, file, &r);

    if (!rc)
        rc = parts_each_sum(&r, note, set);
    parts_reader_close(&r);
    return rc == -1 ? pel_fail_oom(c->ctx) : rc;
}

/* All pages that a snapshot and its descendants name. */
static int note_family(struct deletion *d, const char *name,
                       struct page_set *set)
{
    struct snap_chain *c = calloc(1, sizeof(*c));
    char file[SNAP_FILE_NAME];
    int rc =
        c ? snap_chain_open(d->folder, name, c) : pel_fail_oom(d->folder->ctx);

    if (!rc)
        rc = note_file(c, "memory", &c->layers[0].m.memory, set);
    for (size_t i = 0; !rc && i < c->layers[0].m.nr_disks; i++) {
        snap_disk_name(i, file);
        rc = note_file(c, file, &c->layers[0].m.disks[i].parts, set);
    }
    if (c)
        snap_chain_close(c);
    free(c);
    for (size_t i = 0; !rc && i < d->nr; i++)
        if (d->all[i].parent && !strcmp(d->all[i].parent, name))
            rc = note_family(d, d->all[i].name, set);
    return rc;
}

/* Own pages, then those that are needed of the one that goes. */
static int copy_pages(const struct snap_chain *c, const struct page_set *needed,
                      struct snap_pages *p)
{
    uint8_t page[SNAP_PAGE];
    struct snap_sum sum;
    int rc = 0;

    for (size_t layer = 0; !rc && layer < 2; layer++) {
        const struct snap_layer *l = &c->layers[layer];

        for (uint32_t i = 0; !rc && i < l->m.nr_pages; i++) {
            if (layer && !page_set_find(needed, &l->sums[i], NULL))
                continue;
            rc = snap_layer_page(c->ctx, l, i, page);
            if (!rc)
                rc = snap_pages_add(p, page, &sum);
        }
    }
    return rc;
}

/* @c: the child's chain, in which the second is the one that goes. */
static int merge(struct snap_chain *c, const struct page_set *needed)
{
    struct snap_layer *child = &c->layers[0];
    const char *grandparent = c->layers[1].m.parent;
    struct page_set own = { .nr = 0 };
    struct snap_manifest m = child->m;
    char pages[SNAP_FILE_NAME], sums[SNAP_FILE_NAME];
    struct snap_pages p;
    int rc;

    m.generation++;
    m.parent = (char *)grandparent;
    rc = snap_pages_open(c->ctx, child->dir, &m, &own, &p);
    if (!rc)
        rc = copy_pages(c, needed, &p);
    if (!rc)
        rc = snap_pages_close(&p, &m);
    snap_pages_abort(&p);
    page_set_free(&own);
    if (!rc)
        rc = snap_dir_sync(c->ctx, child->dir);
    if (!rc)
        rc = snap_manifest_write(c->ctx, child->dir, &m);

    /* On success what the manifest no longer names, else the new files. */
    snap_pages_name(rc ? &m : &child->m, pages);
    snap_sums_name(rc ? &m : &child->m, sums);
    unlinkat(child->dir, pages, 0);
    unlinkat(child->dir, sums, 0);
    return rc;
}

static int hand_over(struct deletion *d, const char *child)
{
    struct snap_chain *c = calloc(1, sizeof(*c));
    struct page_set needed = { .nr = 0 };
    int rc = c ? note_family(d, child, &needed) : pel_fail_oom(d->folder->ctx);

    if (!rc)
        rc = snap_chain_open(d->folder, child, c);
    if (!rc)
        rc = merge(c, &needed);
    if (c)
        snap_chain_close(c);
    free(c);
    page_set_free(&needed);
    return rc;
}

static int remove_it(struct deletion *d)
{
    char *head = snap_head_read(d->folder);
    int rc = 0;

    for (size_t i = 0; !rc && i < d->nr; i++)
        if (d->all[i].parent && !strcmp(d->all[i].parent, victim(d)))
            rc = hand_over(d, d->all[i].name);
    if (!rc && head && !strcmp(head, victim(d)))
        rc = snap_head_write(d->folder, d->chain->layers[0].m.parent);
    if (!rc)
        rc = snap_folder_remove(d->folder, victim(d));
    free(head);
    return rc;
}

int pel_snapshot_delete(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name)
{
    struct snap_folder f = { .fd = -1 };
    struct deletion d = { .folder = &f };
    uint8_t uuid[16];
    int rc = snap_folder_find(ctx, place, who, uuid);

    if (!rc)
        rc = snap_folder_open(ctx, place, uuid, false, true, &f);
    if (!rc) {
        d.chain = calloc(1, sizeof(*d.chain));
        rc = d.chain ? snap_chain_open(&f, name, d.chain) : pel_fail_oom(ctx);
    }
    if (!rc)
        rc = read_all(&d);
    if (!rc)
        rc = remove_it(&d);
    for (size_t i = 0; i < d.nr; i++)
        snap_manifest_free(&d.all[i]);
    free(d.all);
    if (d.chain)
        snap_chain_close(d.chain);
    free(d.chain);
    snap_folder_close(&f);
    return rc;
}
