/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each format unpacks to what was packed, and says so when it was cut. */
#include "common.h"
#include "packers.h"
#include <unistd.h>
#include <pel/image.h>

#define LEN (3u << 20)

static uint8_t *plain, *packed;
static long dom0_pages = 1 << 20;

long __wrap_sysconf(int name);

long __wrap_sysconf(int name)
{
    assert_int_equal(name, _SC_PHYS_PAGES);
    return dom0_pages;
}

/* Something between noise and zeroes, with x86 calls in it. */
static int set_up(void **state)
{
    uint32_t x = 1;

    (void)state;
    plain = malloc(LEN);
    packed = malloc(2 * LEN);
    for (size_t i = 0; i < LEN; i++) {
        x = x * 1103515245 + 12345;
        plain[i] = i % 7 ? i >> 8 : x >> 24;
        if (i % 64 == 0)
            plain[i] = 0xe8;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(plain);
    free(packed);
    return 0;
}

static int unpack(struct pel_ctx *ctx, size_t len, struct pel_buf *out)
{
    uint8_t *copy = malloc(len ? len : 1);
    int rc;

    memset(ctx, 0, sizeof(*ctx));
    memcpy(copy, packed, len);
    rc = pel_decompress(ctx, copy, len, out);
    free(copy);
    return rc;
}

static void there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
        size_t len = packers[i].pack(plain, LEN, packed, 2 * LEN);
        uint32_t size = LEN;
        struct pel_buf out;
        struct pel_ctx ctx;

        print_message("%s: %zu bytes\n", packers[i].name, len);
        memcpy(packed + len, &size, 4); /* as bzImages have it */
        for (int tail = 0; tail <= 4; tail += 4) {
            assert_int_equal(unpack(&ctx, len + tail, &out), 0);
            assert_int_equal(out.len, LEN);
            assert_memory_equal(out.data, plain, LEN);
            free(out.data);
        }
    }
}

static void what_is_cut_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
        size_t len = packers[i].pack(plain, 5000, packed, 2 * LEN);

        print_message("%s\n", packers[i].name);
        for (size_t cut = 6; cut < len; cut += cut < 64 ? 1 : 101) {
            struct pel_buf out;
            struct pel_ctx ctx;
            int rc = unpack(&ctx, cut, &out);

            if (rc == 0) { /* lz4 has no end mark: it ends between blocks */
                assert_string_equal(packers[i].name, "lz4");
                assert_true(out.len < 5000);
                free(out.data);
                continue;
            }
            assert_int_equal(rc, -PEL_EFORMAT);
            assert_told(&ctx, rc, "truncated or corrupt");
            assert_null(out.data);
        }
    }
}

static void other_bytes_are_not_packed(void **state)
{
    struct pel_buf out;
    struct pel_ctx ctx;

    (void)state;
    memcpy(packed, "\177ELF....", 8);
    assert_int_equal(unpack(&ctx, 8, &out), 1);
    assert_int_equal(unpack(&ctx, 0, &out), 1);
    memcpy(packed, "BZh9", 4);
    assert_int_equal(unpack(&ctx, 4, &out), -PEL_ENOTSUP);
    assert_told(&ctx, -1, "bzip2");
    memcpy(packed, "\x89LZO", 4);
    assert_int_equal(unpack(&ctx, 4, &out), -PEL_ENOTSUP);
    assert_told(&ctx, -1, "lzo");
}

/* 1 GiB of zeroes and one byte more packs to a megabyte. */
static void a_bomb_is_refused(void **state)
{
    size_t len = 0, left = PEL_KERNEL_MAX + 1;
    ZSTD_CStream *z = ZSTD_createCStream();
    uint8_t *zeroes = calloc(1, 1 << 20);
    struct pel_buf out;
    struct pel_ctx ctx;

    (void)state;
    ZSTD_initCStream(z, 1);
    while (left) {
        size_t n = left < 1 << 20 ? left : 1 << 20;
        ZSTD_inBuffer in = { zeroes, n, 0 };
        ZSTD_outBuffer o = { packed, 2 * LEN, len };

        left -= n;
        ZSTD_compressStream2(z, &o, &in, left ? ZSTD_e_continue : ZSTD_e_end);
        len = o.pos;
    }
    ZSTD_freeCStream(z);
    free(zeroes);
    assert_int_equal(unpack(&ctx, len, &out), -PEL_EFORMAT);
    assert_told(&ctx, -1, "more than 1024 MiB");
}

static void a_kernel_takes_no_more_than_half_of_dom0(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
        size_t len = packers[i].pack(plain, LEN, packed, 2 * LEN);
        struct pel_buf out;
        struct pel_ctx ctx;

        print_message("%s\n", packers[i].name);
        dom0_pages = LEN / 4096; /* half of it is half of the kernel */
        assert_int_equal(unpack(&ctx, len, &out), -PEL_EFORMAT);
        assert_told(&ctx, -1, " more than ");
        dom0_pages = 1 << 20;
        assert_int_equal(unpack(&ctx, len, &out), 0);
        free(out.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(what_is_cut_is_refused),
        cmocka_unit_test(other_bytes_are_not_packed),
        cmocka_unit_test(a_bomb_is_refused),
        cmocka_unit_test(a_kernel_takes_no_more_than_half_of_dom0),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
