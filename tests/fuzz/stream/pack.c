/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the container around an image.  An input is a list of changes,
 * of three bytes each (where, what), to a good container.  What comes out of it
 * is what was put into it, or it is refused.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/pack.h>

#define LEN 20000 /* bytes of the image */

struct bytes {
    struct pel_ctx *ctx;
    size_t len, at;
    uint8_t data[LEN + 1024];
};

static uint8_t image[LEN];
static struct bytes good;

static int put(void *arg, const void *buf, size_t len)
{
    struct bytes *b = arg;

    if (len > sizeof(b->data) - b->len)
        abort();
    memcpy(b->data + b->len, buf, len);
    b->len += len;
    return 0;
}

static int get(void *arg, void *buf, size_t len)
{
    struct bytes *b = arg;

    if (len > b->len - b->at)
        return pel_fail(b->ctx, PEL_EIO, "cut");
    memcpy(buf, b->data + b->at, len);
    b->at += len;
    return 0;
}

static void make_good(struct pel_ctx *ctx)
{
    struct pel_packer *p;

    for (size_t i = 0; i < LEN; i++)
        image[i] = i / 1000 % 2 ? i * i >> 3 : 0;
    if (pel_pack_begin(ctx, put, &good, &p) || pel_pack_write(p, image, LEN) ||
        pel_pack_finish(p))
        abort();
    pel_pack_end(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t got[LEN];
    static struct bytes b;
    struct pel_ctx ctx = { .message = "" };
    struct pel_unpacker *u;
    int rc;

    if (!good.len)
        make_good(&ctx);
    b = good;
    b.ctx = &ctx;
    for (; len >= 3; data += 3, len -= 3)
        b.data[8 + (data[0] | data[1] << 8) % (good.len - 8)] = data[2];
    rc = pel_unpack_begin(&ctx, get, &b, &u);
    if (!rc)
        rc = pel_unpack_read(u, got, LEN);
    if (!rc == !!*ctx.message || (!rc && memcmp(got, image, LEN)))
        abort();
    pel_unpack_end(u);
    return 0;
}
