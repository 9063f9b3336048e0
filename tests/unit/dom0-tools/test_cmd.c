/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, and command lines right and wrong. */
#include "common.h"
#include "pel/cmd.h"

/* The table names these; here they only have to be told apart. */
#define FAKE(name)                                                             \
    int cmd_##name(struct pel_ctx *ctx, const struct args *a)                  \
    {                                                                          \
        (void)ctx;                                                             \
        (void)a;                                                               \
        return 0;                                                              \
    }

CMD_LIST(FAKE)

static void rows_are_complete_and_unique(void **state)
{
    (void)state;
    for (const struct cmd *c = cmd_table; c->name; c++) {
        assert_non_null(c->run);
        assert_true(c->help[0]);
        assert_ptr_equal(cmd_find(c->name), c);
        for (const char *o = c->options; *o; o++)
            if (*o != ':')
                assert_non_null(option_find(c, *o));
    }
    assert_null(cmd_find("creat"));
    assert_null(cmd_find(""));
}

static const struct {
    const char *why;
    const char *cmd;
    const char *argv[6];
    const char *wrong;   /* NULL: fine */
    const char *letters; /* options that are found */
    int nr_words;
} lines[] = {
    { "no options", "create", { "a.cfg" }, NULL, "", 1 },
    { "letters together", "create", { "-cp", "a.cfg" }, NULL, "cp", 1 },
    { "options behind", "create", { "a.cfg", "-p", "x=1" }, NULL, "p", 2 },
    { "words", "create", { "--pause", "a.cfg" }, NULL, "p", 1 },
    { "end of options", "create", { "--", "-p" }, NULL, "", 1 },
    { "a dash is a word", "create", { "-" }, NULL, "", 1 },
    { "wait", "shutdown", { "-w", "a" }, NULL, "w", 1 },
    { "nothing needed", "list", { NULL }, NULL, "", 0 },
    { "unknown letter", "create", { "-x", "a" }, "no option -x", "", 0 },
    { "unknown word", "create", { "--nope", "a" }, "no option --nope", "", 0 },
    { "another's letter", "pause", { "-w", "a" }, "no option -w", "", 0 },
    { "another's word", "pause", { "--wait", "a" }, "no option", "", 0 },
    { "not a letter", "create", { "-1" }, "no option -1", "", 0 },
    { "too few", "pause", { NULL }, "pause wants DOMAIN", "", 0 },
    { "a letter's own meaning", "sched-credit2", { "-s" }, NULL, "s", 0 },
    { "a word of another command's letter",
      "shutdown",
      { "--weight=1", "a" },
      "no option --weight",
      "",
      0 },
    { "a value that is missing",
      "sched-credit2",
      { "-d" },
      "--domain wants a value",
      "",
      0 },
    { "a word's value that is missing",
      "sched-credit2",
      { "--cap" },
      "--cap wants a value",
      "",
      0 },
    { "a value that is not wanted",
      "shutdown",
      { "--wait=1", "a" },
      "no option --wait=1",
      "",
      0 },
    { "a letter with a colon behind it",
      "sched-credit2",
      { "-:" },
      "no option -:",
      "",
      0 },
    { "too many", "pause", { "a", "b" }, "does not take \"b\"", "", 0 },
};

static const struct {
    const char *argv[6];
    const char *domain, *weight;
} values[] = {
    { { "-d", "web", "-w", "10" }, "web", "10" },
    { { "-dweb", "-w10" }, "web", "10" },
    { { "--domain=web", "--weight", "10" }, "web", "10" },
    { { "-d", "-w", "-w", "10" }, "-w", "10" },
    { { "-w", "1", "-w", "10" }, NULL, "10" },
};

static void values_come_behind_options(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        const char *argv[6];
        struct args a;
        int argc = 0;

        memcpy(argv, values[i].argv, sizeof(argv));
        while (argc < 6 && argv[argc])
            argc++;
        assert_null(cmd_parse(cmd_find("sched-credit2"), argc, argv, &a));
        assert_int_equal(a.nr_words, 0);
        assert_string_equal(arg_value(&a, 'w'), values[i].weight);
        if (values[i].domain)
            assert_string_equal(arg_value(&a, 'd'), values[i].domain);
        else
            assert_null(arg_value(&a, 'd'));
    }
}

static const struct {
    const char *text;
    int rc;
    uint64_t kb;
} sizes[] = {
    { "512", 0, 512 << 10 },   { "512m", 0, 512 << 10 },
    { "512M", 0, 512 << 10 },  { "2g", 0, 2 << 20 },
    { "1T", 0, 1 << 30 },      { "100k", 0, 100 },
    { "2048b", 0, 2 },         { "0x10", 0, 16 << 10 },
    { "0512", 0, 512 << 10 },  { "0x", -PEL_EINVAL, 0 },
    { "", -PEL_EINVAL, 0 },    { "m", -PEL_EINVAL, 0 },
    { "-1", -PEL_EINVAL, 0 },  { "5x", -PEL_EINVAL, 0 },
    { "5mb", -PEL_EINVAL, 0 }, { "99999999t", -PEL_EINVAL, 0 },
};

static void sizes_are_in_mebibytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct pel_ctx ctx = { .message = "" };
        uint64_t kb = 0;

        print_message("\"%s\"\n", sizes[i].text);
        assert_int_equal(arg_size(&ctx, sizes[i].text, &kb), sizes[i].rc);
        assert_told(&ctx, sizes[i].rc, "size of memory");
        if (!sizes[i].rc)
            assert_int_equal(kb, sizes[i].kb);
    }
}

static void numbers_have_limits(void **state)
{
    static const char *const bad[] = { "", "x", "-1", "1", "11", "5 ", "+5" };
    struct pel_ctx ctx = { .message = "" };
    uint64_t n;

    (void)state;
    assert_int_equal(arg_number(&ctx, "it", "2", 2, 10, &n), 0);
    assert_int_equal(arg_number(&ctx, "it", "0xa", 2, 10, &n), 0);
    assert_int_equal(n, 10);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        pel_error_clear(&ctx);
        assert_int_equal(arg_number(&ctx, "it", bad[i], 2, 10, &n),
                         -PEL_EINVAL);
        assert_told(&ctx, -1, "it: ");
    }
}

static void pieces_are_joined(void **state)
{
    const char *words[] = { "web", "file:/a", "xvdb", "w" };
    struct args a = { .words = words, .nr_words = 4 };
    char *all = arg_join(&a, 1);

    (void)state;
    assert_string_equal(all, "file:/a,xvdb,w");
    free(all);
    all = arg_join(&a, 4);
    assert_string_equal(all, "");
    free(all);
}

static void command_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        const char *argv[6];
        const char *wrong;
        struct args a;
        int argc = 0;

        print_message("%s\n", lines[i].why);
        memcpy(argv, lines[i].argv, sizeof(argv));
        while (argc < 6 && argv[argc])
            argc++;
        wrong = cmd_parse(cmd_find(lines[i].cmd), argc, argv, &a);
        if (lines[i].wrong) {
            assert_non_null(wrong);
            assert_non_null(strstr(wrong, lines[i].wrong));
            continue;
        }
        assert_null(wrong);
        assert_int_equal(a.nr_words, lines[i].nr_words);
        for (char c = 'a'; c <= 'z'; c++)
            assert_int_equal(arg_has(&a, c),
                             strchr(lines[i].letters, c) != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete_and_unique),
        cmocka_unit_test(command_lines),
        cmocka_unit_test(values_come_behind_options),
        cmocka_unit_test(sizes_are_in_mebibytes),
        cmocka_unit_test(numbers_have_limits),
        cmocka_unit_test(pieces_are_joined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
