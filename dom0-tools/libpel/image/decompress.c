/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packed kernels: which format it is, and the libraries that unpack it.
 *
 * Output grows as needed up to PEL_KERNEL_MAX and to half of dom0's memory, so
 * that neither a wrong size field nor a packed sea of zeroes can take it all.
 */
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <lz4.h>
#include <pel/ctx.h>
#include <pel/image.h>

struct sink {
    struct pel_ctx *ctx;
    uint8_t *data;
    size_t len;  /* bytes written */
    size_t room; /* bytes allocated */
    size_t max;  /* bytes that it may have */
};

static size_t room_max(void)
{
    size_t half = (size_t)sysconf(_SC_PHYS_PAGES) * (PEL_PAGE_SIZE / 2);

    return half < PEL_KERNEL_MAX ? half : PEL_KERNEL_MAX;
}

/* Make room for at least one byte more, or @want. */
static int sink_grow(struct sink *s, size_t want)
{
    size_t room = s->room ? s->room * 2 : 1ul << 20;
    uint8_t *data;

    if (room < want)
        room = want;
    if (room > s->max)
        room = s->max;
    if (room <= s->room || room < want)
        return pel_fail(s->ctx, PEL_EFORMAT,
                        "the kernel unpacks to more than %zu MiB",
                        s->max >> 20);
    data = realloc(s->data, room);
    if (!data)
        return pel_fail_oom(s->ctx);
    s->data = data;
    s->room = room;
    return 0;
}

static int corrupt(struct sink *s, const char *format)
{
    return pel_fail(s->ctx, PEL_EFORMAT,
                    "the kernel's %s data is truncated or corrupt", format);
}

static int unpack_gzip(struct sink *s, const uint8_t *in, size_t len)
{
    z_stream z = { .next_in = (Bytef *)in, .avail_in = len };
    int ret = Z_OK, rc = 0;

    if (inflateInit2(&z, 15 + 16) != Z_OK) /* 16: with a gzip header */
        return pel_fail_oom(s->ctx);
    while (ret != Z_STREAM_END && !rc) {
        if (s->len == s->room) {
            rc = sink_grow(s, 0);
            continue;
        }
        z.next_out = s->data + s->len;
        z.avail_out = s->room - s->len;
        ret = inflate(&z, Z_NO_FLUSH);
        s->len = z.next_out - s->data;
        if (ret != Z_OK && ret != Z_STREAM_END)
            rc = corrupt(s, "gzip");
    }
    inflateEnd(&z);
    return rc;
}

/* Runs a liblzma decoder over @in; shared by .xz and the older .lzma. */
static int unpack_lzma_stream(struct sink *s, lzma_stream *lz,
                              const uint8_t *in, size_t len, const char *format)
{
    lzma_ret ret = LZMA_OK;
    int rc = 0;

    lz->next_in = in;
    lz->avail_in = len;
    while (ret != LZMA_STREAM_END && !rc) {
        if (s->len == s->room) {
            rc = sink_grow(s, 0);
            continue;
        }
        lz->next_out = s->data + s->len;
        lz->avail_out = s->room - s->len;
        ret = lzma_code(lz, LZMA_FINISH);
        s->len = lz->next_out - s->data;
        if (ret == LZMA_MEM_ERROR)
            rc = pel_fail_oom(s->ctx);
        else if (ret == LZMA_MEMLIMIT_ERROR)
            rc = pel_fail(s->ctx, PEL_EFORMAT,
                          "the kernel's %s data wants more than %zu MiB to be "
                          "unpacked",
                          format, s->max >> 21);
        else if (ret != LZMA_OK && ret != LZMA_STREAM_END)
            rc = corrupt(s, format);
    }
    lzma_end(lz);
    return rc;
}

static int unpack_xz(struct sink *s, const uint8_t *in, size_t len)
{
    lzma_stream lz = LZMA_STREAM_INIT;

    if (lzma_stream_decoder(&lz, s->max / 2, 0) != LZMA_OK)
        return pel_fail_oom(s->ctx);
    return unpack_lzma_stream(s, &lz, in, len, "xz");
}

static int unpack_lzma(struct sink *s, const uint8_t *in, size_t len)
{
    lzma_stream lz = LZMA_STREAM_INIT;

    if (lzma_alone_decoder(&lz, s->max / 2) != LZMA_OK)
        return pel_fail_oom(s->ctx);
    return unpack_lzma_stream(s, &lz, in, len, "lzma");
}

static int unpack_zstd(struct sink *s, const uint8_t *in, size_t len)
{
    ZSTD_inBuffer src = { .src = in, .size = len };
    ZSTD_DStream *z = ZSTD_createDStream();
    size_t ret = 1;
    int rc = 0;

    if (!z)
        return pel_fail_oom(s->ctx);
    while (ret && !rc) {
        ZSTD_outBuffer dst;

        if (s->len == s->room) {
            rc = sink_grow(s, 0);
            continue;
        }
        dst = (ZSTD_outBuffer){ s->data, s->room, s->len };
        ret = ZSTD_decompressStream(z, &dst, &src);
        if (ZSTD_isError(ret) ||
            (ret && src.pos == src.size && dst.pos < dst.size))
            rc = corrupt(s, "zstd");
        s->len = dst.pos;
    }
    ZSTD_freeDStream(z);
    return rc;
}

static uint32_t le32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/*
 * The legacy frame that kernels use: a magic number, then blocks of at most
 * 8 MiB unpacked, each with its packed size before it.  A word that cannot be
 * such a size ends the stream: bzImages have the unpacked size there.
 */
static int unpack_lz4(struct sink *s, const uint8_t *in, size_t len)
{
    const size_t block = 8ul << 20;
    size_t at = 4;

    while (len - at >= 4) {
        uint32_t packed = le32(in + at);
        int got, rc;

        if (packed == 0 || packed > len - at - 4)
            break;
        at += 4;
        if (s->room - s->len < block) {
            rc = sink_grow(s, s->len + block);
            if (rc)
                return rc;
        }
        got = LZ4_decompress_safe((const char *)in + at,
                                  (char *)s->data + s->len, packed, block);
        if (got < 0)
            return corrupt(s, "lz4");
        s->len += got;
        at += packed;
    }
    /* The rest is at most the size word; more means that it was cut. */
    if (s->len == 0 || len - at > 4)
        return corrupt(s, "lz4");
    return 0;
}

static int unpack_unknown(struct sink *s, const uint8_t *in, size_t len)
{
    (void)len;
    return pel_fail(s->ctx, PEL_ENOTSUP,
                    "the kernel is packed with %s, which is not supported: "
                    "use gzip, xz, lzma, zstd or lz4",
                    in[0] == 'B' ? "bzip2" : "lzo");
}

// clang-format off
static const struct {
    const char *magic;
    size_t len;
    int (*unpack)(struct sink *s, const uint8_t *in, size_t len);
} formats[] = {
    { "\x1f\x8b",               2, unpack_gzip },
    { "\xfd" "7zXZ\0",          6, unpack_xz },
    { "\x5d\x00\x00",           3, unpack_lzma },
    { "\x28\xb5\x2f\xfd",       4, unpack_zstd },
    { "\x02\x21\x4c\x18",       4, unpack_lz4 },
    { "BZh",                    3, unpack_unknown },
    { "\x89LZO",                4, unpack_unknown },
};
// clang-format on

int pel_decompress(struct pel_ctx *ctx, const uint8_t *in, size_t len,
                   struct pel_buf *out)
{
    struct sink s = { .ctx = ctx, .max = room_max() };
    int rc = 1;

    out->data = NULL;
    out->len = 0;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (len < formats[i].len ||
            memcmp(in, formats[i].magic, formats[i].len))
            continue;
        rc = formats[i].unpack(&s, in, len);
        break;
    }
    if (rc) {
        free(s.data);
        return rc;
    }
    out->data = s.data;
    out->len = s.len;
    return 0;
}
