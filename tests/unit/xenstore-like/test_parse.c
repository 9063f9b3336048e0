/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, strings and paths. */
#include <errno.h>

#include <store/parse.h>

#include "world.h"

static void numbers(void **state)
{
    static const struct {
        const char *why, *s;
        unsigned int max;
        int ret;
        unsigned int value;
    } cases[] = {
        { "zero", "0", 10, 0, 0 },
        { "the largest", "32751", 32751, 0, 32751 },
        { "one more", "32752", 32751, -EINVAL, 0 },
        { "none", "", 10, -EINVAL, 0 },
        { "a sign", "-1", 10, -EINVAL, 0 },
        { "a blank", " 1", 10, -EINVAL, 0 },
        { "letters behind", "1x", 10, -EINVAL, 0 },
        { "hexadecimal", "0x1", 10, -EINVAL, 0 },
        { "wraps 32 bits", "4294967297", UINT32_MAX, -EINVAL, 0 },
        { "wraps 64 bits", "18446744073709551617", UINT32_MAX, -EINVAL, 0 },
        { "the largest of all", "4294967295", UINT32_MAX, 0, UINT32_MAX },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        unsigned int value = 0;

        print_message("%s\n", cases[i].why);
        assert_int_equal(parse_uint(cases[i].s, cases[i].max, &value),
                         cases[i].ret);
        if (!cases[i].ret)
            assert_int_equal(value, cases[i].value);
    }
}

static void strings(void **state)
{
    const char *arg[2];

    (void)state;
    assert_int_equal(parse_strings("", 0, arg, 2), 0);
    assert_int_equal(parse_strings(TEXT0("a"), arg, 2), 1);
    assert_int_equal(parse_strings(TEXT0("a\0bc\0"), arg, 2), 3);
    assert_string_equal(arg[1], "bc");
    assert_int_equal(parse_strings(TEXT("a"), arg, 2), -EINVAL);
    assert_int_equal(parse_strings(TEXT("a\0b"), arg, 2), -EINVAL);
}

static void paths(void **state)
{
    static const struct {
        const char *why, *s;
        bool special;
        const char *out; /* NULL: -EINVAL */
    } cases[] = {
        { "the root", "/", false, "/" },
        { "absolute", "/a/b-c_d@e/0", false, "/a/b-c_d@e/0" },
        { "relative", "device/vif", false, "/local/domain/7/device/vif" },
        { "empty", "", false, NULL },
        { "slash at the end", "/a/", false, NULL },
        { "relative, slash at the end", "a/", false, NULL },
        { "empty component", "/a//b", false, NULL },
        { "two slashes", "//", false, NULL },
        { "a dot", "/a.b", false, NULL },
        { "a blank", "/a b", false, NULL },
        { "not ASCII", "/\xc3\xa4", false, NULL },
        { "special", "@releaseDomain", true, "@releaseDomain" },
        { "special, not wanted", "@releaseDomain", false, NULL },
    };
    char out[PATH_ROOM];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int len = path_parse(cases[i].s, 7, XENSTORE_REL_PATH_MAX,
                             cases[i].special, out);

        print_message("%s\n", cases[i].why);
        if (!cases[i].out) {
            assert_int_equal(len, -EINVAL);
            continue;
        }
        assert_int_equal(len, strlen(cases[i].out));
        assert_string_equal(out, cases[i].out);
    }
}

/* A path of @len bytes that begins with @start. */
static const char *long_path(const char *start, size_t len)
{
    static char s[2 * PATH_ROOM];

    memset(s, 'a', sizeof(s));
    memcpy(s, start, strlen(start));
    s[len] = '\0';
    return s;
}

static void path_lengths(void **state)
{
    char out[PATH_ROOM];
    size_t home = strlen("/local/domain/7/");

    (void)state;
    assert_int_equal(path_parse(long_path("/", 2048), 7, 2048, false, out),
                     2048);
    assert_int_equal(path_parse(long_path("/", 2049), 7, 2048, false, out),
                     -EINVAL);
    assert_int_equal(path_parse(long_path("a", 2048), 7, 2048, false, out),
                     home + 2048);
    assert_int_equal(path_parse(long_path("a", 2049), 7, 2048, false, out),
                     -EINVAL);
    assert_int_equal(path_parse(long_path("/local/domain/7/", home + 2048), 7,
                                2048, false, out),
                     home + 2048);
    assert_int_equal(path_parse(long_path("/", 3072), 7, 4096, false, out),
                     3072);
    assert_int_equal(path_parse(long_path("/", 3073), 7, 4096, false, out),
                     -EINVAL);
}

static void components(void **state)
{
    const char *pos = "/ab/c", *name;

    (void)state;
    assert_int_equal(path_next(&pos, &name), 2);
    assert_memory_equal(name, "ab", 2);
    assert_int_equal(path_next(&pos, &name), 1);
    assert_memory_equal(name, "c", 1);
    assert_int_equal(path_next(&pos, &name), 0);

    pos = "/";
    assert_int_equal(path_next(&pos, &name), 0);
    assert_int_equal(path_parent_len("/a", 2), 1);
    assert_int_equal(path_parent_len("/a/b", 4), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),    cmocka_unit_test(strings),
        cmocka_unit_test(paths),      cmocka_unit_test(path_lengths),
        cmocka_unit_test(components),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
