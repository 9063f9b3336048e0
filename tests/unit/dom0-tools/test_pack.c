/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container gives back what was put in, or says that it is damaged. */
#include "image_maker.h"
#include <pel/pack.h>

#define SEVERAL (2 * PACK_BLOCK + 12345) /* bytes in three blocks */

/* Bytes that are neither all alike nor all different. */
static uint8_t *make_bytes(size_t len)
{
    uint8_t *p = malloc(len + 1);
    uint32_t x = 1;

    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = i / 5000 % 3 ? x >> 24 : 0;
    }
    return p;
}

/* In pieces of this size; zeros of whole pieces without their bytes. */
static void pack(struct pel_ctx *ctx, const uint8_t *p, size_t len,
                 size_t piece, struct bytes *to)
{
    static const uint8_t zeros[70000];
    struct pel_packer *packer;

    assert_int_equal(pel_pack_begin(ctx, bytes_write, to, &packer), 0);
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        bool zero = !memcmp(p + at, zeros, n);

        assert_int_equal(pel_pack_write(packer, zero ? NULL : p + at, n), 0);
    }
    assert_int_equal(pel_pack_finish(packer), 0);
    pel_pack_end(packer);
}

/* Reads @len bytes, by pieces; they are @want. */
static int unpack(struct pel_ctx *ctx, struct bytes *from, const uint8_t *want,
                  size_t len, size_t piece)
{
    struct pel_unpacker *u;
    uint8_t *got = malloc(len + 1);
    int rc;

    from->at = 0;
    pel_error_clear(ctx);
    rc = pel_unpack_begin(ctx, bytes_read, from, &u);
    for (size_t at = 0; !rc && at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;

        rc = pel_unpack_read(u, got + at, n);
    }
    if (!rc)
        assert_memory_equal(got, want, len);
    pel_unpack_end(u);
    free(got);
    return rc;
}

static void there_and_back(void **state)
{
    static const size_t lens[] = { 1,          4096,           4097,
                                   PACK_BLOCK, PACK_BLOCK + 1, SEVERAL };
    static const size_t pieces[] = { 24, 4096, 70000 };
    struct pel_ctx ctx = { .message = "" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lens); i++)
        for (size_t j = 0; j < ARRAY_SIZE(pieces); j++) {
            struct bytes b = { .ctx = &ctx };
            uint8_t *p = make_bytes(lens[i]);

            pack(&ctx, p, lens[i], pieces[j], &b);
            assert_int_equal(unpack(&ctx, &b, p, lens[i], pieces[j]), 0);
            /* There is no more in it than was put into it. */
            assert_int_equal(unpack(&ctx, &b, p, lens[i] + 1, pieces[j]),
                             -PEL_EFORMAT);
            assert_told(&ctx, -1, "container ends");
            free(b.data);
            free(p);
        }
}

static void what_is_no_container_comes_through(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint8_t *p = make_bytes(SEVERAL);
    struct bytes b = { .ctx = &ctx, .data = p, .len = SEVERAL };

    (void)state;
    assert_int_equal(unpack(&ctx, &b, p, SEVERAL, 3), 0);
    assert_int_equal(unpack(&ctx, &b, p, SEVERAL, 70000), 0);
    assert_int_equal(b.at, SEVERAL);
    free(p);
}

/* All of it is needed but the end, which says how long it was. */
static void cuts_are_noticed(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint8_t *p = make_bytes(20000);
    struct bytes b = { .ctx = &ctx };
    size_t whole;

    (void)state;
    pack(&ctx, p, 20000, 4096, &b);
    whole = b.len - 16;
    for (b.len = 0; b.len < whole; b.len += 7) {
        int rc = unpack(&ctx, &b, p, 20000, 4096);

        assert_int_equal(rc, -PEL_EIO);
        assert_told(&ctx, rc, "cut");
    }
    b.len = whole;
    assert_int_equal(unpack(&ctx, &b, p, 20000, 4096), 0);
    free(b.data);
    free(p);
}

/* Behind the magic number: without it the file is another one. */
static void no_wrong_bit_passes(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint8_t *p = make_bytes(9000);
    struct bytes b = { .ctx = &ctx };

    (void)state;
    pack(&ctx, p, 9000, 4096, &b);
    for (size_t bit = 64; bit < (b.len - 16) * 8; bit += 5) {
        b.data[bit / 8] ^= 1 << bit % 8;
        /* zstd's own header has bits without a meaning; the bytes are right. */
        if (unpack(&ctx, &b, p, 9000, 4096))
            assert_told(&ctx, -1, NULL);
        b.data[bit / 8] ^= 1 << bit % 8;
    }
    /* The sum of the third page. */
    b.data[8 + 8 + 2 * 8] ^= 1;
    assert_int_equal(unpack(&ctx, &b, p, 9000, 4096), -PEL_EFORMAT);
    assert_told(&ctx, -1, "from byte 8192 on");
    free(b.data);
    free(p);
}

static void heads_that_make_no_sense(void **state)
{
    static const struct {
        const char *why;
        uint32_t len, packed;
    } cases[] = {
        { "more than a block", PACK_BLOCK + 1, 100 },
        { "nothing of it", 9000, 0 },
        { "more than zstd would make", 9000, 3 * PACK_BLOCK },
        { "another length than it has", 8999, 0 },
    };
    struct pel_ctx ctx = { .message = "" };
    uint8_t *p = make_bytes(9000);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct bytes b = { .ctx = &ctx };
        int rc;

        print_message("%s\n", cases[i].why);
        pack(&ctx, p, 9000, 4096, &b);
        memcpy(b.data + 8, &cases[i].len, 4);
        if (cases[i].len != 8999)
            memcpy(b.data + 12, &cases[i].packed, 4);
        rc = unpack(&ctx, &b, p, 8000, 4096);
        assert_int_equal(rc, -PEL_EFORMAT);
        assert_told(&ctx, rc, "block");
        free(b.data);
    }
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(what_is_no_container_comes_through),
        cmocka_unit_test(cuts_are_noticed),
        cmocka_unit_test(no_wrong_bit_passes),
        cmocka_unit_test(heads_that_make_no_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
