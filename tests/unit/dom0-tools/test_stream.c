/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image is read back as it was written, and one that is cut, damaged or
 * out of order is refused with one line.
 */
#include "image_maker.h"

static uint64_t changing[512]; /* a page */

static void make(struct bytes *b)
{
    struct pel_image_writer w;

    image_begin(&w, b);
    image_put_pages(&w);
    image_put_state(&w);
    assert_int_equal(pel_image_finish(&w), 0);
}

static uint64_t digest(uint64_t sum, const void *buf, size_t len)
{
    const uint8_t *p = buf;

    for (size_t i = 0; i < len; i++)
        sum = (sum ^ p[i]) * 0x100000001b3ull;
    return sum;
}

/* Reads to the end; @sum: of all that a restorer gets to see. */
static int read_all(struct pel_ctx *ctx, struct bytes *b, uint64_t *sum)
{
    struct pel_image_reader *r = calloc(1, sizeof(*r));
    struct pel_image_record rec = { .type = 1 };
    int rc;

    pel_error_clear(ctx);
    b->ctx = ctx;
    b->at = 0;
    r->ctx = ctx;
    r->read = bytes_read;
    r->arg = b;
    *sum = 0;
    rc = pel_image_open(r);
    if (!rc && r->config)
        *sum = digest(*sum, r->config, strlen(r->config));
    while (!rc && rec.type != PEL_REC_END) {
        rc = pel_image_next(r, &rec);
        if (rc)
            break;
        *sum = digest(*sum, &rec.type, sizeof(rec.type));
        *sum = digest(*sum, rec.body, rec.len);
        *sum = digest(*sum, &rec.vcpu, sizeof(rec.vcpu));
        for (size_t i = 0; i < rec.nr && rec.pages && !rc; i++)
            if (rec.pages[i])
                *sum = digest(*sum, rec.pages[i], 4096);
    }
    pel_image_close(r);
    free(r);
    return rc;
}

static void there_and_back(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct bytes b = { .ctx = &ctx };
    struct pel_image_reader *r = calloc(1, sizeof(*r));
    struct pel_image_record rec;

    (void)state;
    make(&b);
    r->ctx = &ctx;
    r->read = bytes_read;
    r->arg = &b;
    assert_int_equal(pel_image_open(r), 0);
    assert_string_equal(r->config, IMAGE_CONFIG);
    assert_true(r->config_is_json);
    assert_int_equal(pel_image_next(r, &rec), 0);
    assert_int_equal(rec.type, PEL_REC_PV_INFO);
    assert_int_equal(pel_image_next(r, &rec), 0);
    assert_int_equal(pel_image_next(r, &rec), 0);
    assert_int_equal(rec.type, PEL_REC_P2M_FRAMES);
    assert_int_equal(r->last_pfn, IMAGE_PAGES - 1);
    assert_int_equal(rec.nr, 2);
    assert_int_equal(rec.pfns[1], 8);
    assert_int_equal(pel_image_next(r, &rec), 0);
    assert_int_equal(rec.type, PEL_REC_PAGE_DATA);
    assert_int_equal(rec.nr, 4);
    assert_int_equal(rec.pfns[2], 5);
    assert_true(pel_page_is_table(rec.types[1]));
    assert_int_equal(((const uint64_t *)rec.pages[1])[3],
                     3 * 0x0123456789abcdefull);
    assert_null(rec.pages[2]);
    assert_null(rec.pages[3]);
    for (int i = 0; i < 5; i++)
        assert_int_equal(pel_image_next(r, &rec), 0);
    assert_int_equal(rec.type, PEL_REC_END);
    assert_true(r->has_sum);
    assert_int_equal(b.at, b.len);
    pel_image_close(r);
    free(r);
    free(b.data);
}

/* As a back end does that still writes into pages of a suspended guest. */
static int change_and_write(void *arg, const void *buf, size_t len)
{
    if (len == sizeof(changing))
        changing[7]++;
    return bytes_write(arg, buf, len);
}

/* What is summed is what is written, whatever happens to the page. */
static void a_page_may_change_meanwhile(void **state)
{
    static const uint64_t pfn = 3;
    static const uint32_t type = XEN_DOMCTL_PFINFO_NOTAB;
    const void *pages[] = { changing };
    struct pel_ctx ctx = { .message = "" };
    struct bytes b = { .ctx = &ctx };
    struct pel_image_writer w;
    uint64_t sum;

    (void)state;
    changing[0] = 1;
    image_begin(&w, &b);
    w.write = change_and_write;
    assert_int_equal(pel_image_put_pages(&w, &pfn, &type, pages, 1), 0);
    w.write = bytes_write;
    image_put_state(&w);
    assert_int_equal(pel_image_finish(&w), 0);
    assert_int_equal(changing[7], 1);
    assert_int_equal(read_all(&ctx, &b, &sum), 0);
    free(b.data);
}

static size_t disk_bytes;

static int count_disk(void *arg, const void *body, size_t len)
{
    (void)arg;
    assert_memory_equal(body, "headhead", 8);
    disk_bytes += len - 8;
    return 0;
}

/* Bytes of disks go to who expects them, and are part of the sum. */
static void disks_are_told(void **state)
{
    (void)state;
    for (int expected = 0; expected < 2; expected++) {
        struct pel_ctx ctx = { .message = "" };
        struct bytes b = { .ctx = &ctx };
        struct pel_image_reader *r = calloc(1, sizeof(*r));
        struct pel_image_record rec = { .type = 1 };
        struct pel_image_writer w;
        int rc;

        image_begin(&w, &b);
        assert_int_equal(pel_image_put_disk(&w, "headhead", 8, "bytes", 5), 0);
        image_put_pages(&w);
        assert_int_equal(pel_image_put_disk(&w, "headhead", 8, NULL, 0), 0);
        image_put_state(&w);
        assert_int_equal(pel_image_finish(&w), 0);
        r->ctx = &ctx;
        r->read = bytes_read;
        r->arg = &b;
        r->disk = expected ? count_disk : NULL;
        rc = pel_image_open(r);
        while (!rc && rec.type != PEL_REC_END)
            rc = pel_image_next(r, &rec);
        assert_int_equal(rc, expected ? 0 : -PEL_ENOTSUP);
        assert_true(!expected || (r->has_sum && disk_bytes == 5));
        pel_image_close(r);
        free(r);
        free(b.data);
    }
}

static unsigned int rounds;

static int count_round(void *arg)
{
    (void)arg;
    return ++rounds == 2 ? -PEL_ESTATE : 0;
}

/* To who wants to know it; his error ends the reading. */
static void rounds_are_told(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct bytes b = { .ctx = &ctx };
    struct pel_image_reader *r = calloc(1, sizeof(*r));
    struct pel_image_record rec = { .type = 1 };
    struct pel_image_writer w;
    uint64_t sum;
    int rc;

    (void)state;
    image_begin(&w, &b);
    for (int i = 0; i < 2; i++) {
        image_put_pages(&w);
        assert_int_equal(pel_image_end_round(&w), 0);
    }
    image_put_state(&w);
    assert_int_equal(pel_image_finish(&w), 0);
    assert_int_equal(read_all(&ctx, &b, &sum), 0);

    b.at = 0;
    r->ctx = &ctx;
    r->read = bytes_read;
    r->arg = &b;
    r->round = count_round;
    rc = pel_image_open(r);
    while (!rc && rec.type != PEL_REC_END)
        rc = pel_image_next(r, &rec);
    assert_int_equal(rc, -PEL_ESTATE);
    assert_int_equal(rounds, 2);
    pel_image_close(r);
    free(r);
    free(b.data);
}

/* Wherever it is cut: an error, and one line about it. */
static void cut_images_are_refused(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct bytes b = { .ctx = &ctx };
    size_t whole;
    uint64_t sum;

    (void)state;
    make(&b);
    whole = b.len;
    for (size_t len = 0; len < whole; len += len < 400 ? 1 : 37) {
        struct bytes cut = { .len = len, .data = malloc(len + 1) };
        int rc;

        memcpy(cut.data, b.data, len);
        rc = read_all(&ctx, &cut, &sum);
        assert_true(rc < 0);
        assert_told(&ctx, rc, NULL);
        free(cut.data);
    }
    free(b.data);
}

/* One bit wrong: refused, or of no consequence for what is restored. */
static void flipped_bits_never_pass(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct bytes b = { .ctx = &ctx };
    uint64_t good, sum;
    size_t refused = 0;

    (void)state;
    make(&b);
    assert_int_equal(read_all(&ctx, &b, &good), 0);
    for (size_t bit = 0; bit < b.len * 8; bit += bit < 8000 ? 1 : 61) {
        int rc;

        b.data[bit / 8] ^= 1 << bit % 8;
        rc = read_all(&ctx, &b, &sum);
        if (rc)
            refused++;
        else
            assert_true(sum == good);
        assert_told(&ctx, rc, NULL);
        b.data[bit / 8] ^= 1 << bit % 8;
    }
    assert_true(refused > 7000);
    free(b.data);
}

/* Each makes an image that is wrong in one way. */
static void no_pages(struct pel_image_writer *w) { image_put_state(w); }

static void no_state(struct pel_image_writer *w) { image_put_pages(w); }

static void two_shared_infos(struct pel_image_writer *w)
{
    static const uint8_t page[4096];

    image_put_pages(w);
    image_put_state(w);
    pel_image_put(w, PEL_REC_SHARED_INFO, page, sizeof(page));
}

static void vcpu_twice(struct pel_image_writer *w)
{
    static const uint8_t ext[100];

    image_put_pages(w);
    image_put_state(w);
    pel_image_put_vcpu(w, PEL_REC_VCPU_EXTENDED, 0, ext, sizeof(ext));
}

static void vcpu_too_high(struct pel_image_writer *w)
{
    static const uint8_t ext[100];

    pel_image_put_vcpu(w, PEL_REC_VCPU_EXTENDED, PEL_IMAGE_VCPUS, ext,
                       sizeof(ext));
}

static void policy_too_late(struct pel_image_writer *w)
{
    static const uint8_t leaf[24];

    pel_image_put(w, PEL_REC_CPUID_POLICY, leaf, sizeof(leaf));
}

static void short_registers(struct pel_image_writer *w)
{
    static const uint8_t few[64];

    pel_image_put_vcpu(w, PEL_REC_VCPU_BASIC, 0, few, sizeof(few));
}

/* All that an image must have, but vCPU 0 has only a head. */
static void empty_registers(struct pel_image_writer *w)
{
    static const uint8_t shared[4096];

    image_put_pages(w);
    pel_image_put(w, PEL_REC_SHARED_INFO, shared, sizeof(shared));
    pel_image_put_vcpu(w, PEL_REC_VCPU_BASIC, 0, NULL, 0);
}

static void one_page(struct pel_image_writer *w, uint64_t pfn, uint32_t type)
{
    static const uint64_t page[512];
    const void *pages[] = { page };

    pel_image_put_pages(w, &pfn, &type, pages, 1);
}

static void page_out_of_range(struct pel_image_writer *w)
{
    one_page(w, IMAGE_PAGES, XEN_DOMCTL_PFINFO_NOTAB);
}

static void page_of_no_type(struct pel_image_writer *w)
{
    one_page(w, 1, 6u << XEN_DOMCTL_PFINFO_LTAB_SHIFT);
}

static void page_twice(struct pel_image_writer *w)
{
    static const uint64_t page[512];
    const uint64_t pfns[] = { 4, 3, 4 };
    const uint32_t types[3] = { 0 };
    const void *pages[] = { page, page, page };

    pel_image_put_pages(w, pfns, types, pages, 3);
}

static void unknown_record(struct pel_image_writer *w)
{
    pel_image_put(w, 0x55, NULL, 0);
}

static void record_of_hvm(struct pel_image_writer *w)
{
    pel_image_put(w, PEL_REC_HVM_PARAMS, "12345678", 8);
}

static const struct {
    const char *why;
    void (*fill)(struct pel_image_writer *w);
    int rc;
    const char *told;
} wrong[] = {
    { "no memory", no_pages, -PEL_EFORMAT, "without any page" },
    { "no registers", no_state, -PEL_EFORMAT, "END" },
    { "shared_info twice", two_shared_infos, -PEL_EFORMAT, "twice" },
    { "a vCPU twice", vcpu_twice, -PEL_EFORMAT, "twice" },
    { "a vCPU that no guest has", vcpu_too_high, -PEL_EFORMAT, "vCPU 128" },
    { "policy behind the static part", policy_too_late, -PEL_EFORMAT,
      "wrong place" },
    { "registers cut short", short_registers, -PEL_EFORMAT, "72 bytes" },
    { "registers without bytes", empty_registers, -PEL_EFORMAT, "8 bytes" },
    { "a page past the end", page_out_of_range, -PEL_EFORMAT, "600 pages" },
    { "a type that is reserved", page_of_no_type, -PEL_EFORMAT, "type 0x6" },
    { "a page twice", page_twice, -PEL_EFORMAT, "page 4 stands twice" },
    { "an unknown record", unknown_record, -PEL_ENOTSUP, "0x55" },
    { "a record of HVM guests", record_of_hvm, -PEL_ENOTSUP, "0xa" },
};

static void what_is_wrong_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct bytes b = { .ctx = &ctx };
        struct pel_image_writer w;
        uint64_t sum;
        int rc;

        print_message("%s\n", wrong[i].why);
        image_begin(&w, &b);
        wrong[i].fill(&w);
        pel_image_finish(&w);
        rc = read_all(&ctx, &b, &sum);
        assert_int_equal(rc, wrong[i].rc);
        assert_told(&ctx, rc, wrong[i].told);
        free(b.data);
    }
}

static const struct xen_domctl_vcpu_msr msr = { .index = 0xc0000103 };

static void all_parts(struct pel_image_writer *w)
{
    static const uint8_t xsave[64];

    image_put_pages(w);
    image_put_state(w);
    pel_image_put_vcpu(w, PEL_REC_VCPU_XSAVE, 0, xsave, sizeof(xsave));
    pel_image_put_vcpu(w, PEL_REC_VCPU_MSRS, 0, &msr, sizeof(msr));
}

static void msrs_twice(struct pel_image_writer *w)
{
    all_parts(w);
    pel_image_put_vcpu(w, PEL_REC_VCPU_MSRS, 0, &msr, sizeof(msr));
}

static void msrs_alone(struct pel_image_writer *w)
{
    static const uint8_t shared[4096];

    image_put_pages(w);
    pel_image_put(w, PEL_REC_SHARED_INFO, shared, sizeof(shared));
    pel_image_put_vcpu(w, PEL_REC_VCPU_MSRS, 0, &msr, sizeof(msr));
}

/* Each part of a vCPU is one, and none is taken for another. */
static void all_parts_of_a_vcpu_are_taken(void **state)
{
    static const struct {
        void (*fill)(struct pel_image_writer *w);
        int rc;
        const char *told;
    } cases[] = {
        { all_parts, 0, NULL },
        { msrs_twice, -PEL_EFORMAT, "vCPU 0 stands twice" },
        { msrs_alone, -PEL_EFORMAT, "without the registers of vCPU 0" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct bytes b = { .ctx = &ctx };
        struct pel_image_writer w;
        uint64_t sum;
        int rc;

        image_begin(&w, &b);
        cases[i].fill(&w);
        pel_image_finish(&w);
        rc = read_all(&ctx, &b, &sum);
        assert_int_equal(rc, cases[i].rc);
        assert_told(&ctx, rc, cases[i].told);
        free(b.data);
    }
}

/* Fields of the headers, by offset; the configuration has no room. */
#define XL 48
#define LIBXL (XL + 4 + sizeof(IMAGE_CONFIG))
#define LIBXC (LIBXL + 16 + 8)
static const struct {
    const char *why;
    size_t at;
    uint8_t value;
    int rc;
    const char *told;
} headers[] = {
    { "no image at all", 0, 'x', -PEL_EFORMAT, "not the image" },
    { "other byte order", 32, 1, -PEL_ENOTSUP, "byte order" },
    { "unknown flag", 36, 7, -PEL_ENOTSUP, "flags 0x7" },
    { "format before 4.6", 36, 1, -PEL_ENOTSUP, "before 4.6" },
    { "no libxl stream", LIBXL, 0, -PEL_EFORMAT, "libxl" },
    { "libxl version 3", LIBXL + 11, 3, -PEL_ENOTSUP, "version 3" },
    { "legacy conversion", LIBXL + 15, 2, -PEL_ENOTSUP, "options 0x2" },
    { "no libxc stream", LIBXC, 0, -PEL_EFORMAT, "libxc" },
    { "libxc version 2", LIBXC + 15, 2, -PEL_ENOTSUP, "version 2" },
    { "an HVM guest", LIBXC + 24, 2, -PEL_ENOTSUP, "HVM" },
    { "no guest we know", LIBXC + 24, 9, -PEL_EFORMAT, "type 9" },
};

static void foreign_headers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct bytes b = { .ctx = &ctx };
        uint64_t sum;
        int rc;

        print_message("%s\n", headers[i].why);
        make(&b);
        b.data[headers[i].at] = headers[i].value;
        rc = read_all(&ctx, &b, &sum);
        assert_int_equal(rc, headers[i].rc);
        assert_told(&ctx, rc, headers[i].told);
        free(b.data);
    }
}

static void tables_there_and_back(void **state)
{
    static const uint32_t m2p[8] = { [3] = 1 + 2, [5] = 1 };
    static const uint64_t p2m[3] = { 50, UINT64_MAX, 30 };
    uint64_t table[512] = { [0] = 3 << 12 | 0x67,
                            [1] = 7 << 12,
                            [256] = 7 << 12 | 1,
                            [511] = 5 << 12 | 1 };
    uint64_t bad = 0;

    (void)state;
    table[2] = 1ull << 63 | 3 << 12 | 1;
    assert_int_equal(pel_table_normalise(table, 4, m2p, 8, &bad), 0);
    assert_int_equal(table[0], 2 << 12 | 0x67);
    assert_int_equal(table[1], 7 << 12); /* not present */
    assert_int_equal(table[256], 0);     /* the hypervisor's */
    assert_int_equal(table[511], 1);
    assert_int_equal(pel_table_localise(table, p2m, 2, &bad), 0);
    assert_true(table[2] == (1ull << 63 | 30 << 12 | 1));
    assert_int_equal(table[511], 50 << 12 | 1);

    table[0] = 1 << 12 | 1;
    assert_int_equal(pel_table_localise(table, p2m, 2, &bad), -1);
    assert_int_equal(bad, 1 << 12 | 1);
    assert_int_equal(pel_table_normalise(table, 1, m2p, 8, &bad), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(rounds_are_told),
        cmocka_unit_test(a_page_may_change_meanwhile),
        cmocka_unit_test(disks_are_told),
        cmocka_unit_test(cut_images_are_refused),
        cmocka_unit_test(flipped_bits_never_pass),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(all_parts_of_a_vcpu_are_taken),
        cmocka_unit_test(foreign_headers_are_refused),
        cmocka_unit_test(tables_there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
