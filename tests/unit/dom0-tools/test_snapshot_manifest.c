/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A manifest is read as it was written; one that is damaged is refused. */
#include "snapshot_maker.h"
#include <pel/json.h>

static struct snap_disk disk = {
    .vdev = "xvda",
    .target = "/srv/a.img",
    .len = 12345,
    .parts = { .len = 77, .sum = { .bytes = { 7 } } },
};

static const struct snap_manifest sample = {
    .name = "one",
    .domain = "web",
    .uuid = { 1, 2, 3 },
    .parent = "zero",
    .time = 1700000000,
    .memory_kb = 131072,
    .rounds = 4,
    .still_ms = 99,
    .generation = 3,
    .nr_pages = 5,
    .sums = { .len = 5 * SNAP_SUM_BYTES, .sum = { .bytes = { 1 } } },
    .memory = { .len = 1000, .sum = { .bytes = { 2 } } },
    .config = { .len = 300, .sum = { .bytes = { 3 } } },
    .disks = &disk,
    .nr_disks = 1,
};

static int folder(struct pel_ctx *ctx)
{
    int fd = open(top, O_RDONLY | O_DIRECTORY);

    assert_int_equal(snap_sums_ready(ctx), 0);
    assert_true(fd >= 0);
    return fd;
}

static void there_and_back(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct snap_manifest m;
    int fd = folder(&ctx);

    (void)state;
    assert_int_equal(snap_manifest_write(&ctx, fd, &sample), 0);
    assert_int_equal(snap_manifest_read(&ctx, fd, "one", &m), 0);
    assert_string_equal(m.domain, "web");
    assert_string_equal(m.parent, "zero");
    assert_memory_equal(m.uuid, sample.uuid, 16);
    assert_int_equal(m.time, sample.time);
    assert_int_equal(m.memory_kb, sample.memory_kb);
    assert_int_equal(m.rounds, 4);
    assert_int_equal(m.still_ms, 99);
    assert_int_equal(m.generation, 3);
    assert_int_equal(m.nr_pages, 5);
    assert_memory_equal(&m.sums, &sample.sums, sizeof(m.sums));
    assert_memory_equal(&m.memory, &sample.memory, sizeof(m.memory));
    assert_memory_equal(&m.config, &sample.config, sizeof(m.config));
    assert_int_equal(m.nr_disks, 1);
    assert_string_equal(m.disks[0].target, "/srv/a.img");
    assert_int_equal(m.disks[0].len, 12345);
    assert_memory_equal(&m.disks[0].parts, &disk.parts, sizeof(disk.parts));
    snap_manifest_free(&m);
    assert_int_equal(snap_manifest_read(&ctx, fd, "two", &m), -PEL_EFORMAT);
    assert_told(&ctx, -1, "\"name\"");
    close(fd);
}

/* The text of the sample's manifest. */
static char *text_of(struct pel_ctx *ctx, int fd, size_t *len)
{
    char *text;

    assert_int_equal(snap_manifest_write(ctx, fd, &sample), 0);
    assert_int_equal(
        snap_file_read(ctx, fd, "one", SNAP_MANIFEST, NULL, &text, len), 0);
    return text;
}

static void put(int dir, const char *text, size_t len)
{
    int fd;

    unlinkat(dir, SNAP_MANIFEST, 0);
    fd = openat(dir, SNAP_MANIFEST, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, text, len), len);
    close(fd);
}

static void refused(struct pel_ctx *ctx, int fd)
{
    struct snap_manifest m;
    int rc;

    pel_error_clear(ctx);
    rc = snap_manifest_read(ctx, fd, "one", &m);
    assert_int_equal(rc, -PEL_EFORMAT);
    assert_told(ctx, rc, "damaged");
}

static void every_cut_and_every_bit_is_noticed(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    int fd = folder(&ctx);
    size_t len;
    char *text = text_of(&ctx, fd, &len);

    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        put(fd, text, cut);
        refused(&ctx, fd);
    }
    for (size_t bit = 0; bit < 8 * len; bit++) {
        text[bit / 8] ^= 1 << bit % 8;
        put(fd, text, len);
        refused(&ctx, fd);
        text[bit / 8] ^= 1 << bit % 8;
    }
    free(text);
    close(fd);
}

/* Its sum is made right again: what is left is the field itself. */
static void forge(char *text)
{
    char *at = strstr(text, "\"sum\": \"") + 8;
    char hex[SNAP_SUM_TEXT];
    struct snap_sum sum;

    memset(at, '0', SNAP_SUM_TEXT - 1);
    snap_sum_of(text, strlen(text), &sum);
    snap_sum_write(&sum, hex);
    memcpy(at, hex, SNAP_SUM_TEXT - 1);
}

// clang-format off
static const struct {
    const char *why, *from, *to;
    int rc;
    const char *told;
} wrong[] = {
    { "another format", "\"format\": 2", "\"format\": 1", -PEL_ENOTSUP, "format 1" },
    { "another name", "\"name\": \"one\"", "\"name\": \"two\"", -PEL_EFORMAT, "\"name\"" },
    { "no domain", "\"domain\"", "\"d0main\"", -PEL_EFORMAT, "\"domain\"" },
    { "no UUID", "\"01020300-", "\"x1020300-", -PEL_EFORMAT, "\"uuid\"" },
    { "a parent that is none", "\"zero\"", "\"../x\"", -PEL_EFORMAT, "\"parent\"" },
    { "its own parent", "\"zero\"", "\"one\"", -PEL_EFORMAT, "\"parent\"" },
    { "no parent at all", "\"parent\"", "\"porent\"", -PEL_EFORMAT, "\"parent\"" },
    { "a time before 1970", "\"time\": 17", "\"time\": -1", -PEL_EFORMAT, "\"time\"" },
    { "memory as a text", "131072", "\"1310\"", -PEL_EFORMAT, "\"memory_kb\"" },
    { "negative rounds", "\"rounds\": 4", "\"rounds\": -4", -PEL_EFORMAT, "\"rounds\"" },
    { "standing still for a word", "\"still_ms\": 99", "\"still_ms\": true", -PEL_EFORMAT, "\"still_ms\"" },
    { "too many generations", "\"generation\": 3", "\"generation\": 3000000000", -PEL_EFORMAT, "\"generation\"" },
    { "pages without sums", "\"pages\": 5", "\"pages\": 6", -PEL_EFORMAT, "\"pages\"" },
    { "no sums", "\"sums\"", "\"summ\"", -PEL_EFORMAT, "\"" },
    { "no memory", "\"memory\"", "\"memorx\"", -PEL_EFORMAT, "\"memory\"" },
    { "a sum that is none", "\"0200000", "\"020000g", -PEL_EFORMAT, "\"memory\"" },
    { "no configuration", "\"config\"", "\"konfig\"", -PEL_EFORMAT, "\"config\"" },
    { "no list of disks", "\"disks\"", "\"diskz\"", -PEL_EFORMAT, "\"disks\"" },
    { "a disk without a name", "\"vdev\"", "\"vdew\"", -PEL_EFORMAT, "\"vdev\"" },
    { "a disk of no length", "12345", "-1234", -PEL_EFORMAT, "\"length\"" },
    { "no JSON", "\"format\":", "\"format\" ", -PEL_EFORMAT, "malformed" },
};
// clang-format on

static void each_field_is_checked(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    int fd = folder(&ctx);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct snap_manifest m;
        size_t len;
        char *text = text_of(&ctx, fd, &len), *at, forged[4096];
        int rc;

        print_message("%s\n", wrong[i].why);
        at = strstr(text, wrong[i].from);
        assert_non_null(at);
        snprintf(forged, sizeof(forged), "%.*s%s%s", (int)(at - text), text,
                 wrong[i].to, at + strlen(wrong[i].from));
        forge(forged);
        put(fd, forged, strlen(forged));
        pel_error_clear(&ctx);
        rc = snap_manifest_read(&ctx, fd, "one", &m);
        assert_int_equal(rc, wrong[i].rc);
        assert_told(&ctx, rc, wrong[i].told);
        pel_error_clear(&ctx);
        free(text);
    }
    close(fd);
}

static void names_that_are_none(void **state)
{
    static const char *const bad[] = { "",    ".new-x", "../x",    "a/b",
                                       "a b", "-a",     "\xc3\xa4" };

    (void)state;
    assert_int_equal(snap_name_check(NULL, "a.B_c-9"), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pel_ctx ctx = { .message = "" };
        int rc = snap_name_check(&ctx, bad[i]);

        assert_int_equal(rc, -PEL_EINVAL);
        assert_told(&ctx, rc, "no name");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(every_cut_and_every_bit_is_noticed),
        cmocka_unit_test(each_field_is_checked),
        cmocka_unit_test(names_that_are_none),
    };

    return cmocka_run_group_tests(tests, make_top, remove_top);
}
