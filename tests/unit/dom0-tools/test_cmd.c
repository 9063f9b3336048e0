/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, and command lines right and wrong. */
#include "common.h"
#include "pel/cmd.h"

/* The table names these; here they only have to be told apart. */
#define FAKE(name)                                                             \
    int name(struct pel_ctx *ctx, const struct args *a)                        \
    {                                                                          \
        (void)ctx;                                                             \
        (void)a;                                                               \
        return 0;                                                              \
    }

FAKE(cmd_create)
FAKE(cmd_list)
FAKE(cmd_info)
FAKE(cmd_console)
FAKE(cmd_pause)
FAKE(cmd_unpause)
FAKE(cmd_shutdown)
FAKE(cmd_reboot)
FAKE(cmd_destroy)
FAKE(cmd_dmesg)
FAKE(cmd_domid)
FAKE(cmd_domname)
FAKE(cmd_help)
FAKE(cmd_completion)
FAKE(cmd_version)

static void rows_are_complete_and_unique(void **state)
{
    (void)state;
    for (const struct cmd *c = cmd_table; c->name; c++) {
        assert_non_null(c->run);
        assert_true(c->help[0]);
        assert_ptr_equal(cmd_find(c->name), c);
        for (const char *o = c->options; *o; o++) {
            const struct option_name *n = option_table;

            while (n->letter && n->letter != *o)
                n++;
            assert_true(n->letter);
        }
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
    { "too many", "pause", { "a", "b" }, "does not take \"b\"", "", 0 },
};

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
