/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting a text together. */
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include "parts.h"
#include "parts_format.h"

static int damaged(struct parts_reader *r)
{
    return pel_fail(r->chain->ctx, PEL_EFORMAT,
                    "snapshot %s is damaged: its file %s makes no sense at "
                    "byte %zu",
                    r->chain->layers[0].m.name, r->name, r->at);
}

/* The next part's head; its length is checked. */
static int begin_part(struct parts_reader *r)
{
    struct part p;
    size_t want;

    if (r->len - r->at < sizeof(p))
        return damaged(r);
    memcpy(&p, r->text + r->at, sizeof(p));
    want = p.kind == PART_BYTES   ? p.nr
           : p.kind == PART_PAGES ? (size_t)p.nr * SNAP_SUM_BYTES
                                  : 0;
    if (p.kind < PART_BYTES || p.kind > PART_PAGES || !p.nr ||
        want > r->len - r->at - sizeof(p))
        return damaged(r);
    r->at += sizeof(p);
    r->kind = p.kind;
    r->left = p.nr;
    return 0;
}

int parts_reader_open(struct snap_chain *c, const char *name,
                      const struct snap_file *file, struct parts_reader *r)
{
    int rc;

    r->chain = c;
    r->name = name;
    r->at = 0;
    r->left = 0;
    r->nr_rest = 0;
    rc = snap_file_read(c->ctx, c->layers[0].dir, c->layers[0].m.name, name,
                        file, &r->text, &r->len);
    if (rc)
        return rc;
    if (r->len < PARTS_MAGIC_BYTES ||
        memcmp(r->text, PARTS_MAGIC, PARTS_MAGIC_BYTES))
        return damaged(r);
    r->at = PARTS_MAGIC_BYTES;
    return 0;
}

void parts_reader_close(struct parts_reader *r)
{
    free(r->text);
    r->text = NULL;
}

static void next_sum(struct parts_reader *r, struct snap_sum *sum)
{
    memcpy(sum, r->text + r->at, sizeof(*sum));
    r->at += sizeof(*sum);
    r->left--;
}

int parts_next(struct parts_reader *r, const void **buf, size_t *len)
{
    struct snap_sum sum;
    int rc = 0;

    *buf = NULL;
    *len = 0;
    if (!r->left && r->at == r->len)
        return 0;
    if (!r->left)
        rc = begin_part(r);
    if (rc)
        return rc;

    if (r->kind == PART_BYTES) {
        *buf = r->text + r->at;
        *len = r->left;
        r->at += r->left;
        r->left = 0;
        return 0;
    }
    *len = SNAP_PAGE;
    if (r->kind == PART_ZEROS) {
        r->left--;
        return 0;
    }
    next_sum(r, &sum);
    *buf = r->page;
    return snap_chain_page(r->chain, &sum, r->page);
}

/* Another piece for parts_read(); zeros as bytes. */
static int refill(struct parts_reader *r)
{
    const void *buf;
    size_t len;
    int rc = parts_next(r, &buf, &len);

    if (rc)
        return rc;
    if (!len)
        return pel_fail(r->chain->ctx, PEL_EFORMAT,
                        "snapshot %s is damaged: its file %s ends too early",
                        r->chain->layers[0].m.name, r->name);
    if (!buf)
        buf = memset(r->page, 0, SNAP_PAGE);
    r->rest = buf;
    r->nr_rest = len;
    return 0;
}

int parts_read(void *arg, void *buf, size_t len)
{
    struct parts_reader *r = arg;
    uint8_t *to = buf;
    int rc = 0;

    while (!rc && len) {
        size_t n = len < r->nr_rest ? len : r->nr_rest;

        if (!n) {
            rc = refill(r);
            continue;
        }
        memcpy(to, r->rest, n);
        r->rest += n;
        r->nr_rest -= n;
        to += n;
        len -= n;
    }
    return rc;
}

bool parts_at_end(const struct parts_reader *r)
{
    return !r->nr_rest && !r->left && r->at == r->len;
}

int parts_each_sum(struct parts_reader *r,
                   int (*fn)(void *arg, const struct snap_sum *sum), void *arg)
{
    struct snap_sum sum;
    int rc = 0;

    while (!rc && r->at < r->len) {
        rc = begin_part(r);
        if (!rc && r->kind == PART_BYTES)
            r->at += r->left;
        while (!rc && r->kind == PART_PAGES && r->left) {
            next_sum(r, &sum);
            rc = fn(arg, &sum);
        }
        r->left = 0;
    }
    return rc;
}
