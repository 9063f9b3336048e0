/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's memory on its way into a snapshot.  No page is read again for the
 * image: its list of parts wants their sums, and the image's own sum their
 * hashes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <pel/ctx.h>
#include "copy_image.h"
#include "memory.h"

#define GONE XEN_DOMCTL_PFINFO_XTAB
#define FIRST_TEXT 65536

static int make_room(struct snap_memory *m, uint64_t nr)
{
    struct memory_page *list;
    uint64_t room = m->nr ? 2 * m->nr : 1024;

    if (nr <= m->nr)
        return 0;
    room = room < nr ? nr : room;
    list = realloc(m->list, room * sizeof(*list));
    if (!list)
        return pel_fail_oom(m->ctx);
    for (uint64_t i = m->nr; i < room; i++)
        list[i].type = GONE;
    m->list = list;
    m->nr = room;
    return 0;
}

static int take_page(struct snap_memory *m, struct memory_page *p,
                     uint32_t type, const void *page)
{
    p->type = type;
    p->hash = PEL_ZERO_HASH;
    if (!pel_page_has_data(type) || pel_page_is_zero(page))
        return 0;
    p->hash = pel_page_hash(page);
    return snap_pages_offer(m->pages, page, &p->sum);
}

int snap_memory_pages(struct snap_memory *m, const uint64_t *pfns,
                      const uint32_t *types, const void *const *pages,
                      size_t nr)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < nr; i++) {
        rc = make_room(m, pfns[i] + 1);
        if (!rc)
            rc = take_page(m, &m->list[pfns[i]], types[i], pages[i]);
    }
    return rc;
}

int snap_memory_text(struct snap_memory *m, const void *buf, size_t len)
{
    size_t room = m->room ? m->room : FIRST_TEXT;
    char *text;

    while (room < m->len + len)
        room *= 2;
    if (room > m->room) {
        text = realloc(m->text, room);
        if (!text)
            return pel_fail_oom(m->ctx);
        m->text = text;
        m->room = room;
    }
    memcpy(m->text + m->len, buf, len);
    m->len += len;
    return 0;
}

static int read_text(void *arg, void *buf, size_t len)
{
    struct snap_memory *m = arg;

    if (len > m->len - m->at)
        return pel_fail(m->ctx, PEL_EFORMAT, "the guest's image is cut");
    memcpy(buf, m->text + m->at, len);
    m->at += len;
    return 0;
}

/* One PAGE_DATA record; the pages themselves by their sums. */
static int put_batch(struct snap_memory *m, struct pel_image_writer *w,
                     const uint64_t *pfns, size_t nr)
{
    uint32_t types[PEL_BATCH_PAGES];
    int rc;

    for (size_t i = 0; i < nr; i++)
        types[i] = m->list[pfns[i]].type;
    rc = pel_image_begin_pages(w, pfns, types, nr);
    for (size_t i = 0; !rc && i < nr; i++) {
        const struct memory_page *p = &m->list[pfns[i]];

        if (!pel_page_has_data(p->type))
            continue;
        pel_image_count_page(w, p->hash);
        rc = p->hash == PEL_ZERO_HASH ? parts_write(w->arg, NULL, SNAP_PAGE)
                                      : parts_write_sum(w->arg, &p->sum);
    }
    return rc;
}

static int put_all_pages(struct snap_memory *m, struct pel_image_writer *w)
{
    uint64_t pfns[PEL_BATCH_PAGES];
    uint64_t pfn = 0;
    int rc = 0;

    while (!rc && pfn < m->nr) {
        size_t nr = 0;

        for (; nr < PEL_BATCH_PAGES && pfn < m->nr; pfn++)
            if (m->list[pfn].type != GONE)
                pfns[nr++] = pfn;
        if (nr)
            rc = put_batch(m, w, pfns, nr);
    }
    return rc;
}

/* The pages stand before the first record of the state, the clock's. */
static int put_image(struct snap_memory *m, struct pel_image_reader *r,
                     struct pel_image_writer *w)
{
    struct pel_image_record rec;
    int rc;

    do {
        rc = pel_image_next(r, &rec);
        if (!rc && rec.type == PEL_REC_TSC_INFO)
            rc = put_all_pages(m, w);
        if (!rc)
            rc = copy_record(w, r, &rec);
    } while (!rc && rec.type != PEL_REC_END);
    return rc;
}

int snap_memory_image(struct snap_memory *m, const char *config,
                      struct parts_writer *to)
{
    struct pel_image_writer w = { .write = parts_write, .arg = to };
    struct pel_image_reader *r = calloc(1, sizeof(*r));
    int rc;

    if (!r)
        return pel_fail_oom(m->ctx);
    r->ctx = m->ctx;
    r->read = read_text;
    r->arg = m;
    r->pages_apart = true;
    m->at = 0;
    rc = pel_image_open(r);
    if (!rc)
        rc = pel_image_begin(&w, config);
    if (!rc)
        rc = put_image(m, r, &w);
    pel_image_close(r);
    free(r);
    return rc;
}

void snap_memory_free(struct snap_memory *m)
{
    free(m->list);
    free(m->text);
    m->list = NULL;
    m->text = NULL;
}
