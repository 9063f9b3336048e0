/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking a text apart. */
#include <string.h>
#include <pel/ctx.h>
#include "parts.h"
#include "parts_format.h"

static int end_part(struct parts_writer *w)
{
    const struct part p = { w->kind, w->nr };
    int rc = 0;

    if (w->nr) {
        rc = snap_out_write(&w->out, &p, sizeof(p));
        if (!rc)
            rc = snap_out_write(&w->out, w->buffer, w->used);
    }
    w->nr = 0;
    w->used = 0;
    return rc;
}

/* Adds @nr to the part that grows, or begins one of that kind. */
static int grow(struct parts_writer *w, uint32_t kind, uint32_t nr,
                const void *bytes, size_t len)
{
    int rc = 0;

    if (w->kind != kind || w->used + len > PARTS_BUFFER ||
        w->nr > UINT32_MAX - nr)
        rc = end_part(w);
    w->kind = kind;
    w->nr += nr;
    if (len)
        memcpy(w->buffer + w->used, bytes, len);
    w->used += len;
    return rc;
}

int parts_writer_open(struct pel_ctx *ctx, int dir, const char *name,
                      struct snap_pages *pages, struct parts_writer *w)
{
    int rc;

    w->ctx = ctx;
    w->pages = pages;
    w->kind = w->nr = 0;
    w->used = 0;
    rc = snap_out_open(ctx, dir, name, &w->out);
    return rc ? rc : snap_out_write(&w->out, PARTS_MAGIC, PARTS_MAGIC_BYTES);
}

static int write_zeros(struct parts_writer *w, size_t len)
{
    static const uint8_t zeros[SNAP_PAGE];
    uint64_t pages = len / SNAP_PAGE;
    int rc = 0;

    while (!rc && pages) {
        uint32_t n = pages < 1u << 30 ? pages : 1u << 30;

        rc = grow(w, PART_ZEROS, n, NULL, 0);
        pages -= n;
    }
    len %= SNAP_PAGE;
    return rc || !len ? rc : grow(w, PART_BYTES, len, zeros, len);
}

int parts_write(void *arg, const void *buf, size_t len)
{
    struct parts_writer *w = arg;
    const uint8_t *p = buf;
    struct snap_sum sum;
    int rc = 0;

    if (!buf)
        return write_zeros(w, len);
    for (; !rc && len >= SNAP_PAGE; p += SNAP_PAGE, len -= SNAP_PAGE) {
        rc = snap_pages_add(w->pages, p, &sum);
        if (!rc)
            rc = grow(w, PART_PAGES, 1, &sum, sizeof(sum));
    }
    return rc || !len ? rc : grow(w, PART_BYTES, len, p, len);
}

int parts_write_sum(struct parts_writer *w, const struct snap_sum *sum)
{
    snap_pages_use(w->pages, sum);
    return grow(w, PART_PAGES, 1, sum, sizeof(*sum));
}

int parts_writer_close(struct parts_writer *w, struct snap_file *file)
{
    int rc = end_part(w);

    return rc ? rc : snap_out_close(&w->out, file);
}

void parts_writer_abort(struct parts_writer *w) { snap_out_abort(&w->out); }
