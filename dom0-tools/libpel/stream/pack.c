/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a container: blocks of the image, compressed and summed. */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <pel/ctx.h>
#include "pack_format.h"

#define LEVEL 1 /* of zstd: faster than most disks */

struct pel_packer {
    struct pel_ctx *ctx;
    pel_write_fn *write;
    void *arg;
    uint64_t total; /* bytes of the image */
    size_t used;    /* of the block that grows */
    size_t room;    /* for what becomes of it */
    uint8_t *packed;
    uint8_t block[PACK_BLOCK];
};

int pel_pack_begin(struct pel_ctx *ctx, pel_write_fn *write, void *arg,
                   struct pel_packer **out)
{
    struct pel_packer *p = *out = calloc(1, sizeof(*p));

    if (!p)
        return pel_fail_oom(ctx);
    p->ctx = ctx;
    p->write = write;
    p->arg = arg;
    p->room = ZSTD_compressBound(PACK_BLOCK);
    p->packed = malloc(p->room);
    return p->packed ? write(arg, PACK_MAGIC, PACK_MAGIC_BYTES)
                     : pel_fail_oom(ctx);
}

static int put_block(struct pel_packer *p)
{
    struct pack_head head = { .len = p->used };
    uint64_t sums[PACK_PAGES];
    size_t n, nr;
    int rc;

    if (!p->used)
        return 0;
    nr = pack_sums(p->block, p->used, sums);
    n = ZSTD_compress(p->packed, p->room, p->block, p->used, LEVEL);
    if (ZSTD_isError(n))
        return pel_fail(p->ctx, PEL_EIO, "cannot compress the image: %s",
                        ZSTD_getErrorName(n));
    head.packed = n;
    rc = p->write(p->arg, &head, sizeof(head));
    if (!rc)
        rc = p->write(p->arg, sums, nr * sizeof(*sums));
    if (!rc)
        rc = p->write(p->arg, p->packed, n);
    p->total += p->used;
    p->used = 0;
    return rc;
}

int pel_pack_write(void *arg, const void *buf, size_t len)
{
    struct pel_packer *p = arg;
    const uint8_t *from = buf;
    int rc = 0;

    while (!rc && len) {
        size_t n = len < PACK_BLOCK - p->used ? len : PACK_BLOCK - p->used;

        if (from)
            memcpy(p->block + p->used, from, n);
        else
            memset(p->block + p->used, 0, n);
        from += from ? n : 0;
        p->used += n;
        len -= n;
        if (p->used == PACK_BLOCK)
            rc = put_block(p);
    }
    return rc;
}

int pel_pack_finish(struct pel_packer *p)
{
    const struct pack_head head = { .len = 0 };
    int rc = put_block(p);

    if (!rc)
        rc = p->write(p->arg, &head, sizeof(head));
    return rc ? rc : p->write(p->arg, &p->total, sizeof(p->total));
}

void pel_pack_end(struct pel_packer *p)
{
    if (p)
        free(p->packed);
    free(p);
}
