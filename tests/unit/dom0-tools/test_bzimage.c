/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel inside a bzImage. */
#include "common.h"
#include "elf_maker.h"
#include "packers.h"
#include <pel/image.h>

static struct maker elf;
static uint8_t image[0x10000];

static void put16(size_t at, uint16_t v) { memcpy(image + at, &v, 2); }

static void put32(size_t at, uint32_t v) { memcpy(image + at, &v, 4); }

/* Two sectors of set-up code, 100 bytes of other things, the payload. */
static size_t make(packer *pack)
{
    size_t start = 3 * 512 + 100, len;

    maker_begin(&elf, 0);
    maker_add(&elf, PT_LOAD, 0, 0x1000, "code", 4);
    memset(image, 0, sizeof(image));
    image[0x1f1] = 2;
    put16(0x1fe, 0xaa55);
    memcpy(image + 0x202, "HdrS", 4);
    put16(0x206, 0x20f);
    if (pack) {
        len = pack(elf.bytes, elf.len, image + start, 0x8000);
    } else {
        len = elf.len;
        memcpy(image + start, elf.bytes, len);
    }
    put32(0x248, 100);
    put32(0x24c, len);
    return start + len;
}

static int unpack(struct pel_ctx *ctx, size_t len, struct pel_buf *out,
                  bool *owned)
{
    struct pel_buf file = { malloc(len ? len : 1), len };
    int rc;

    memset(ctx, 0, sizeof(*ctx));
    memcpy(file.data, image, len);
    rc = pel_kernel_unpack(ctx, &file, out, owned);
    if (!rc && *owned) {
        assert_int_equal(out->len, elf.len);
        assert_memory_equal(out->data, elf.bytes, elf.len);
        free(out->data);
    } else if (!rc) {
        assert_memory_equal(out->data, elf.bytes,
                            out->len < elf.len ? out->len : elf.len);
    }
    free(file.data);
    return rc;
}

static void every_payload(void **state)
{
    struct pel_buf out;
    struct pel_ctx ctx;
    bool owned;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
        print_message("%s\n", packers[i].name);
        assert_int_equal(unpack(&ctx, make(packers[i].pack), &out, &owned), 0);
        assert_true(owned);
    }
    assert_int_equal(unpack(&ctx, make(NULL), &out, &owned), 0);
    assert_false(owned);
}

static void zero_sectors_mean_four(void **state)
{
    struct pel_buf out;
    struct pel_ctx ctx;
    bool owned;
    size_t len = make(pack_gzip);

    (void)state;
    memmove(image + 5 * 512 + 100, image + 3 * 512 + 100, 0x4000);
    image[0x1f1] = 0;
    assert_int_equal(unpack(&ctx, len + 1024, &out, &owned), 0);
}

static void plain_and_packed_elf_files(void **state)
{
    struct pel_buf out;
    struct pel_ctx ctx;
    bool owned;
    size_t len;

    (void)state;
    make(NULL);
    memcpy(image, elf.bytes, elf.len);
    assert_int_equal(unpack(&ctx, elf.len, &out, &owned), 0);
    assert_false(owned);
    len = pack_zstd(elf.bytes, elf.len, image, sizeof(image));
    assert_int_equal(unpack(&ctx, len, &out, &owned), 0);
    assert_true(owned);
}

static void every_truncation_is_told(void **state)
{
    size_t len = make(pack_xz);

    (void)state;
    for (size_t cut = 0; cut < len; cut += cut < 0x260 ? 1 : 37) {
        struct pel_buf out;
        struct pel_ctx ctx;
        bool owned;
        int rc = unpack(&ctx, cut, &out, &owned);

        assert_int_equal(rc, -PEL_EFORMAT);
        assert_told(&ctx, rc, cut < 0x250 ? "neither an ELF" : "truncated");
        assert_false(owned);
    }
}

static void headers_that_lie_are_refused(void **state)
{
    struct pel_buf out;
    struct pel_ctx ctx;
    bool owned;
    size_t len = make(pack_gzip);

    (void)state;
    put32(0x248, 0xffffffff);
    assert_int_equal(unpack(&ctx, len, &out, &owned), -PEL_EFORMAT);
    len = make(pack_gzip);
    put32(0x24c, 0xffffffff);
    assert_int_equal(unpack(&ctx, len, &out, &owned), -PEL_EFORMAT);
    len = make(pack_gzip);
    put32(0x24c, 0);
    assert_int_equal(unpack(&ctx, len, &out, &owned), -PEL_EFORMAT);
    len = make(pack_gzip);
    put16(0x206, 0x207);
    assert_int_equal(unpack(&ctx, len, &out, &owned), -PEL_ENOTSUP);
    len = make(pack_gzip);
    put32(0x248, 0); /* zeroes: no format at all */
    assert_int_equal(unpack(&ctx, len, &out, &owned), -PEL_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_payload),
        cmocka_unit_test(zero_sectors_mean_four),
        cmocka_unit_test(plain_and_packed_elf_files),
        cmocka_unit_test(every_truncation_is_told),
        cmocka_unit_test(headers_that_lie_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
