/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of disks, of which another host may have made anything. */
#include "common.h"
#include "libpel/mirror/local.h"

#define SIZE (1ull << 20)

static const uint64_t sizes[] = { SIZE, 512 };

static const struct {
    const char *why;
    struct mirror_head head;
    size_t more; /* bytes behind it */
    const char *name;
    bool right;
} cases[] = {
    { "bytes", { 2, 0, 512, 1024, 0 }, 1024, "", true },
    { "the last bytes", { 2, 0, SIZE - 512, 512, 0 }, 512, "", true },
    { "all bytes", { 2, 0, 0, SIZE, 0 }, SIZE, "", true },
    { "zeros", { 3, 0, 0, SIZE, 0 }, 0, "", true },
    { "another disk", { 2, 1, 0, 512, 0 }, 512, "", true },
    { "a new disk", { 1, 2, 0, 4096, 0 }, 4, "xvdc", true },
    { "no such disk", { 2, 2, 0, 512, 0 }, 512, "", false },
    { "no such disk at all", { 2, UINT32_MAX, 0, 512, 0 }, 512, "", false },
    { "past the end", { 2, 0, SIZE - 512, 1024, 0 }, 1024, "", false },
    { "past the end of zeros", { 3, 0, 512, SIZE, 0 }, 0, "", false },
    { "behind the end", { 2, 0, SIZE + 512, 512, 0 }, 512, "", false },
    { "at the end", { 3, 0, SIZE, 512, 0 }, 0, "", false },
    { "a sum that wraps", { 3, 0, 512, -512ull, 0 }, 0, "", false },
    { "an offset that wraps", { 3, 0, -512ull, 512, 0 }, 0, "", false },
    { "half a sector", { 2, 0, 0, 100, 0 }, 100, "", false },
    { "between sectors", { 2, 0, 100, 512, 0 }, 512, "", false },
    { "nothing", { 2, 0, 0, 0, 0 }, 0, "", false },
    { "no zeros", { 3, 0, 0, 0, 0 }, 0, "", false },
    { "fewer bytes than said", { 2, 0, 0, 1024, 0 }, 512, "", false },
    { "more bytes than said", { 2, 0, 0, 512, 0 }, 1024, "", false },
    { "zeros with bytes", { 3, 0, 0, 512, 0 }, 512, "", false },
    { "no such thing", { 4, 0, 0, 512, 0 }, 0, "", false },
    { "nor that", { 0, 0, 0, 512, 0 }, 0, "", false },
    { "something reserved", { 3, 0, 0, 512, 1 }, 0, "", false },
    { "a disk out of turn", { 1, 3, 0, 4096, 0 }, 4, "xvdc", false },
    { "a disk once more", { 1, 1, 0, 4096, 0 }, 4, "xvdb", false },
    { "a disk without a size", { 1, 2, 0, 0, 0 }, 4, "xvdc", false },
    { "a disk of half a sector", { 1, 2, 0, 4000, 0 }, 4, "xvdc", false },
    { "a disk too large", { 1, 2, 0, 1ull << 61, 0 }, 4, "xvdc", false },
    { "a disk that begins later", { 1, 2, 512, 512, 0 }, 4, "xvdc", false },
    { "a disk without a name", { 1, 2, 0, 512, 0 }, 0, "", false },
    { "a long name", { 1, 2, 0, 512, 0 }, 16, "xvdcxvdcxvdcxvdc", false },
    { "a path as a name", { 1, 2, 0, 512, 0 }, 5, "../xv", false },
    { "a NUL in a name", { 1, 2, 0, 512, 0 }, 5, "xvdc", false },
};

static void each_field_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t len = sizeof(struct mirror_head) + cases[i].more;
        uint8_t *body = calloc(1, len);
        struct pel_ctx ctx = { 0 };
        struct mirror_head head;
        int rc;

        print_message("%s\n", cases[i].why);
        memcpy(body, &cases[i].head, sizeof(head));
        memcpy(body + sizeof(head), cases[i].name, strlen(cases[i].name));
        rc = mirror_check(&ctx, body, len, sizes, ARRAY_SIZE(sizes), &head);
        assert_int_equal(rc, cases[i].right ? 0 : -PEL_EFORMAT);
        assert_told(&ctx, rc, "a record of a disk makes no sense");
        free(body);
    }
}

static void a_record_may_be_cut_anywhere(void **state)
{
    const struct mirror_head whole = { 3, 0, 0, 512, 0 };

    (void)state;
    for (size_t len = 0; len < sizeof(whole); len++) {
        uint8_t *body = malloc(len + 1);
        struct pel_ctx ctx = { 0 };
        struct mirror_head head;

        memcpy(body, &whole, len);
        assert_int_equal(mirror_check(&ctx, body, len, sizes, 1, &head),
                         -PEL_EFORMAT);
        free(body);
    }
}

static void there_are_no_more_disks_than_fit(void **state)
{
    struct {
        struct mirror_head head;
        char name[4];
    } body = { { 1, MIRROR_DISKS, 0, 512, 0 }, "xvda" };
    uint64_t many[MIRROR_DISKS] = { 0 };
    struct pel_ctx ctx = { 0 };
    struct mirror_head head;

    (void)state;
    assert_int_equal(
        mirror_check(&ctx, &body, sizeof(head) + 4, many, MIRROR_DISKS, &head),
        -PEL_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_is_checked),
        cmocka_unit_test(a_record_may_be_cut_anywhere),
        cmocka_unit_test(there_are_no_more_disks_than_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
