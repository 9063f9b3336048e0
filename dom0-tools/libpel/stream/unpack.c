/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a container; nothing that is read is believed before it is checked.
 */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <pel/ctx.h>
#include "pack_format.h"

struct pel_unpacker {
    struct pel_ctx *ctx;
    pel_read_fn *read;
    void *arg;
    bool packed;    /* else it comes through as it is */
    bool last;      /* a block that was not full has come */
    uint64_t total; /* bytes of all blocks so far */
    size_t at, len; /* of the present block, or of what was read to see */
    size_t room;    /* for a block as it is kept */
    uint8_t *kept;
    uint8_t block[PACK_BLOCK];
};

#define damaged(u, fmt, ...)                                                   \
    pel_fail((u)->ctx, PEL_EFORMAT, "the image is damaged: " fmt, ##__VA_ARGS__)

int pel_unpack_begin(struct pel_ctx *ctx, pel_read_fn *read, void *arg,
                     struct pel_unpacker **out)
{
    struct pel_unpacker *u = *out = calloc(1, sizeof(*u));
    int rc;

    if (!u)
        return pel_fail_oom(ctx);
    u->ctx = ctx;
    u->read = read;
    u->arg = arg;
    rc = read(arg, u->block, PACK_MAGIC_BYTES);
    if (rc)
        return rc;
    u->packed = !memcmp(u->block, PACK_MAGIC, PACK_MAGIC_BYTES);
    if (!u->packed) {
        u->len = PACK_MAGIC_BYTES;
        return 0;
    }
    u->room = ZSTD_compressBound(PACK_BLOCK);
    u->kept = malloc(u->room);
    return u->kept ? 0 : pel_fail_oom(ctx);
}

/* The image should go on, but the container does not. */
static int ends(struct pel_unpacker *u)
{
    uint64_t total;
    int rc = u->read(u->arg, &total, sizeof(total));

    if (rc)
        return rc;
    return damaged(u, "its container ends after %llu of %llu bytes",
                   (unsigned long long)u->total, (unsigned long long)total);
}

static int check_head(struct pel_unpacker *u, const struct pack_head *head)
{
    if (u->last || head->len > PACK_BLOCK || !head->packed ||
        head->packed > u->room)
        return damaged(u, "a block of %u bytes, %u packed, after %llu bytes",
                       head->len, head->packed, (unsigned long long)u->total);
    u->last = head->len < PACK_BLOCK;
    return 0;
}

static int check_pages(struct pel_unpacker *u, const uint64_t *said)
{
    uint64_t sums[PACK_PAGES];
    size_t nr = pack_sums(u->block, u->len, sums);

    for (size_t i = 0; i < nr; i++)
        if (sums[i] != said[i])
            return damaged(u, "its 4096 bytes from byte %llu on",
                           (unsigned long long)(u->total + i * PAGE_BYTES));
    return 0;
}

static int next_block(struct pel_unpacker *u)
{
    uint64_t sums[PACK_PAGES];
    struct pack_head head;
    size_t n;
    int rc = u->read(u->arg, &head, sizeof(head));

    if (rc)
        return rc;
    if (!head.len)
        return ends(u);
    rc = check_head(u, &head);
    if (!rc)
        rc = u->read(u->arg, sums,
                     (head.len + PAGE_BYTES - 1) / PAGE_BYTES * sizeof(*sums));
    if (!rc)
        rc = u->read(u->arg, u->kept, head.packed);
    if (rc)
        return rc;
    n = ZSTD_decompress(u->block, PACK_BLOCK, u->kept, head.packed);
    if (n != head.len)
        return damaged(u, "a block cannot be unpacked after %llu bytes",
                       (unsigned long long)u->total);
    u->at = 0;
    u->len = n;
    rc = check_pages(u, sums);
    u->total += n;
    return rc;
}

int pel_unpack_read(void *arg, void *buf, size_t len)
{
    struct pel_unpacker *u = arg;
    uint8_t *to = buf;
    int rc = 0;

    while (!rc && len) {
        size_t n = u->len - u->at < len ? u->len - u->at : len;

        if (!n && !u->packed)
            return u->read(u->arg, to, len);
        if (!n) {
            rc = next_block(u);
            continue;
        }
        memcpy(to, u->block + u->at, n);
        u->at += n;
        to += n;
        len -= n;
    }
    return rc;
}

void pel_unpack_end(struct pel_unpacker *u)
{
    if (u)
        free(u->kept);
    free(u);
}
