/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What "list" and "info" print, to the byte: scripts cut columns. */
#include "common.h"
#include <xen/xen.h>
#include <xen/sched.h>
#include <pel/json.h>
#include "pel/out.h"

/* Lines as the stock tool prints them for the same domains. */
static const struct {
    const char *why;
    struct pel_dominfo d;
    const char *name;
    const char *line;
} rows[] = {
    { "dom0",
      { .domid = 0,
        .running = true,
        .memory_kb = 786432,
        .vcpus = 1,
        .cpu_time_ns = 12049999999 },
      "Domain-0",
      "Domain-0                                     0   768     1     r-----  "
      "    12.0\n" },
    { "paused",
      { .domid = 1, .paused = true, .memory_kb = 16384, .vcpus = 1 },
      "pt",
      "pt                                           1    16     1     --p---  "
      "     0.0\n" },
    { "crashed, and dying",
      { .domid = 12345,
        .shutdown = true,
        .reason = SHUTDOWN_crash,
        .dying = true,
        .memory_kb = 1 << 20,
        .vcpus = 128,
        .cpu_time_ns = 1234567890000 },
      "a-name-of-exactly-forty-characters-of-it",
      "a-name-of-exactly-forty-characters-of-it 12345  1024   128     "
      "---scd    1234.6\n" },
    { "shut down in order",
      { .domid = 3,
        .shutdown = true,
        .reason = SHUTDOWN_poweroff,
        .blocked = true,
        .memory_kb = 1023,
        .vcpus = 2 },
      "x",
      "x                                            3     0     2     -b-s--  "
      "     0.0\n" },
};

static char *printed(size_t i)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    if (i == SIZE_MAX)
        out_list_head(f, false);
    else
        out_list_row(f, &rows[i].d, rows[i].name, false);
    fclose(f);
    return text;
}

static void the_table_is_xls(void **state)
{
    char *text = printed(SIZE_MAX);

    (void)state;
    assert_string_equal(text, "Name                                        ID "
                              "  Mem VCPUs\tState\tTime(s)\n");
    free(text);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        print_message("%s\n", rows[i].why);
        text = printed(i);
        assert_string_equal(text, rows[i].line);
        free(text);
    }
}

static void json_has_one_word_for_the_state(void **state)
{
    // clang-format off
    static const char *const words[] = {
        "running", "paused", "dying", "shutdown",
    };
    // clang-format on

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct pel_json_writer *w = pel_json_writer_new(true);
        struct pel_ctx ctx = { .message = "" };
        struct pel_json *root;
        uint64_t domid;
        char *text;

        out_domain_json(w, &rows[i].d, rows[i].name, NULL);
        text = pel_json_writer_end(w);
        assert_int_equal(pel_json_parse(&ctx, text, strlen(text), &root), 0);
        assert_string_equal(pel_json_text(pel_json_get(root, "state")),
                            words[i]);
        assert_string_equal(pel_json_text(pel_json_get(root, "name")),
                            rows[i].name);
        assert_true(pel_json_uint(pel_json_get(root, "domid"), &domid));
        assert_int_equal(domid, rows[i].d.domid);
        assert_null(pel_json_get(root, "config"));
        pel_json_free(root);
        free(text);
    }
}

static void info_has_a_line_for_each_fact(void **state)
{
    struct pel_hostinfo h = { .nr_cpus = 2,
                              .cpu_khz = 2500007,
                              .total_kb = 2097151,
                              .free_kb = 1024,
                              .major = 4,
                              .minor = 17,
                              .extra = ".7" };
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    (void)state;
    out_info_text(f, &h);
    fclose(f);
    assert_non_null(strstr(text, "\nnr_cpus                : 2\n"));
    assert_non_null(strstr(text, "\ncpu_mhz                : 2500.007\n"));
    assert_non_null(strstr(text, "\ntotal_memory           : 2047\n"));
    assert_non_null(strstr(text, "\nfree_memory            : 1\n"));
    assert_non_null(strstr(text, "\nxen_version            : 4.17.7\n"));
    free(text);
}

static void info_is_json_too(void **state)
{
    struct pel_hostinfo h = { .nr_cpus = 3, .hw_caps = { 1, 0xffffffff } };
    struct pel_json_writer *w = pel_json_writer_new(true);
    struct pel_ctx ctx = { .message = "" };
    struct pel_json *root;
    uint64_t v;
    char *text;

    (void)state;
    out_info_json(w, &h);
    text = pel_json_writer_end(w);
    assert_int_equal(pel_json_parse(&ctx, text, strlen(text), &root), 0);
    assert_true(pel_json_uint(pel_json_get(root, "nr_cpus"), &v));
    assert_int_equal(v, 3);
    assert_true(
        pel_json_uint(pel_json_at(pel_json_get(root, "hw_caps"), 1), &v));
    assert_int_equal(v, 0xffffffff);
    pel_json_free(root);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_xls),
        cmocka_unit_test(json_has_one_word_for_the_state),
        cmocka_unit_test(info_has_a_line_for_each_fact),
        cmocka_unit_test(info_is_json_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
