/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packs bytes in each format that kernels come in. */
#ifndef TEST_PACKERS_H
#define TEST_PACKERS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

static inline size_t pack_gzip(const uint8_t *in, size_t len, uint8_t *out,
                               size_t room)
{
    z_stream z = { .next_in = (Bytef *)in, .avail_in = len };

    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_out = out;
    z.avail_out = room;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return room - z.avail_out;
}

/* With the x86 filter, as kernels are packed. */
static inline size_t pack_xz(const uint8_t *in, size_t len, uint8_t *out,
                             size_t room)
{
    lzma_options_lzma opt;
    lzma_filter filters[] = { { LZMA_FILTER_X86, NULL },
                              { LZMA_FILTER_LZMA2, &opt },
                              { LZMA_VLI_UNKNOWN, NULL } };
    size_t used = 0;

    lzma_lzma_preset(&opt, 1);
    if (lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, in, len, out,
                                  &used, room) != LZMA_OK)
        abort();
    return used;
}

static inline size_t pack_lzma(const uint8_t *in, size_t len, uint8_t *out,
                               size_t room)
{
    lzma_stream lz = LZMA_STREAM_INIT;
    lzma_options_lzma opt;

    lzma_lzma_preset(&opt, 1);
    if (lzma_alone_encoder(&lz, &opt) != LZMA_OK)
        abort();
    lz.next_in = in;
    lz.avail_in = len;
    lz.next_out = out;
    lz.avail_out = room;
    if (lzma_code(&lz, LZMA_FINISH) != LZMA_STREAM_END)
        abort();
    lzma_end(&lz);
    return room - lz.avail_out;
}

static inline size_t pack_zstd(const uint8_t *in, size_t len, uint8_t *out,
                               size_t room)
{
    return ZSTD_compress(out, room, in, len, 3);
}

/* The legacy frame, in two blocks. */
static inline size_t pack_lz4(const uint8_t *in, size_t len, uint8_t *out,
                              size_t room)
{
    size_t half = len / 2, at = 4;

    memcpy(out, "\x02\x21\x4c\x18", 4);
    for (int i = 0; i < 2; i++) {
        size_t part = i ? len - half : half;
        uint32_t n =
            LZ4_compress_default((const char *)in + i * half,
                                 (char *)out + at + 4, part, room - at - 4);

        memcpy(out + at, &n, 4);
        at += 4 + n;
    }
    return at;
}

typedef size_t packer(const uint8_t *in, size_t len, uint8_t *out, size_t room);

static const struct {
    const char *name;
    packer *pack;
} packers[] = {
    { "gzip", pack_gzip }, { "xz", pack_xz },   { "lzma", pack_lzma },
    { "zstd", pack_zstd }, { "lz4", pack_lz4 },
};

#endif
