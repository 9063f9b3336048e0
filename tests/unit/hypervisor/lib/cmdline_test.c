/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines: words, flags, sizes. */
#include <hv/cmdline.h>
#include <hv/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void the_last_word_counts(void **state)
{
    char buf[16];

    (void)state;
    assert_true(cmdline_get("a=1 b=2 a=3", "a", buf, sizeof(buf)));
    assert_string_equal(buf, "3");
    assert_true(cmdline_get("x noreboot  y", "noreboot", buf, sizeof(buf)));
    assert_string_equal(buf, "");
}

static void a_prefix_is_another_word(void **state)
{
    char buf[16];

    (void)state;
    assert_false(cmdline_get("console=com1", "con", buf, sizeof(buf)));
    assert_false(cmdline_get("con", "console", buf, sizeof(buf)));
    assert_false(cmdline_get("", "console", buf, sizeof(buf)));
}

static void a_long_value_is_cut(void **state)
{
    char buf[4];

    (void)state;
    assert_true(cmdline_get("a=abcdefgh", "a", buf, sizeof(buf)));
    assert_string_equal(buf, "abc");
}

static const struct {
    const char *why, *line;
    bool def, want;
} flags[] = {
    { "absent keeps the default", "x y", true, true },
    { "bare word", "smap", false, true },
    { "explicit yes", "smap=on", false, true },
    { "explicit no", "smap=0", true, false },
    { "negated", "no-smap", true, false },
    { "nonsense keeps the default", "smap=perhaps", true, true },
};

static void flags_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        print_message("%s\n", flags[i].why);
        assert_int_equal(cmdline_flag(flags[i].line, "smap", flags[i].def),
                         flags[i].want);
    }
}

static const struct {
    const char *why, *line;
    bool def, want;
} lists[] = {
    { "not there: the default", "vga=keep", true, true },
    { "not there: the default", "vga=keep", false, false },
    { "the only one", "console=vga", false, true },
    { "the last one", "console=com1,vga", false, true },
    { "the first one", "console=vga,com1", false, true },
    { "another one", "console=com1", true, false },
    { "none", "console=", true, false },
    { "a longer word", "console=vgax,xvga", true, false },
};

static void lists_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        print_message("%s\n", lists[i].why);
        assert_int_equal(
            cmdline_list(lists[i].line, "console", "vga", lists[i].def),
            lists[i].want);
    }
}

static const struct {
    const char *s;
    int ret;
    uint64_t want;
} sizes[] = {
    { "512M", 0, 512UL << 20 },
    { "1g", 0, 1UL << 30 },
    { "4096B", 0, 4096 },
    { "4096", 0, 4096UL << 10 },
    { "0x10k", 0, 16384 },
    { "", -1, 0 },
    { "M", -1, 0 },
    { "16777216T", -1, 0 },
    { "18014398509481984", -1, 0 },
    { "99999999999999999999", -1, 0 },
};

static void sizes_follow_the_table(void **state)
{
    const char *end;
    uint64_t v;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        print_message("\"%s\"\n", sizes[i].s);
        assert_int_equal(parse_size(sizes[i].s, &end, &v), sizes[i].ret);
        if (!sizes[i].ret) {
            assert_int_equal(v, sizes[i].want);
            assert_int_equal(*end, '\0');
        }
    }
}

static void a_size_ends_at_the_comma(void **state)
{
    const char *end;
    uint64_t v;

    (void)state;
    assert_int_equal(parse_size("512M,max:1G", &end, &v), 0);
    assert_string_equal(end, ",max:1G");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_word_counts),
        cmocka_unit_test(a_prefix_is_another_word),
        cmocka_unit_test(a_long_value_is_cut),
        cmocka_unit_test(flags_follow_the_table),
        cmocka_unit_test(lists_follow_the_table),
        cmocka_unit_test(sizes_follow_the_table),
        cmocka_unit_test(a_size_ends_at_the_comma),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
