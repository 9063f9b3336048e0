/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of CPUs: read with xl's grammar, printed as xl prints them. */
#include "common.h"
#include <pel/cpumap.h>

/* Eight CPUs; 0 to 3 on node 0, 4 to 7 on node 1. */
static struct pel_topology machine(void)
{
    struct pel_topology t = { .nr = 8 };

    for (uint32_t i = 0; i < t.nr; i++)
        t.cpu[i] =
            (struct pel_cpu_place){ .core = i, .node = i / 4, .online = true };
    return t;
}

static const struct {
    const char *why;
    const char *text;
    const char *shown; /* on that machine */
} good[] = {
    { "one", "2", "2" },
    { "a range", "1-3", "1-3" },
    { "ranges and single ones", "0,2-3,7", "0,2-3,7" },
    { "blanks", " 1 , 3 ", "1,3" },
    { "all", "all", "all" },
    { "every one by number", "0-7", "all" },
    { "all but one", "all,^3", "0-2,4-7" },
    { "a hole in a range", "0-5,^2-3", "0-1,4-5" },
    { "from left to right", "^1,0-2", "0-2" },
    { "only taken away", "^1", "none" },
    { "a node", "node:1", "4-7" },
    { "nodes", "nodes:0-1", "all" },
    { "a node but a CPU", "nodes:0,^2", "0-1,3" },
    { "all but a node", "all,^nodes:0", "4-7" },
    { "the caret behind the colon", "all,nodes:^1", "0-3" },
    { "every node", "node:all", "all" },
    { "a node that is not there", "node:5", "none" },
    { "a CPU that is not there", "9", "none" },
    { "the last that can be named", "1023", "none" },
};

static void lists_are_read_and_printed(void **state)
{
    struct pel_topology topo = machine();

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct pel_cpumap m;
        char text[64];
        int rc;

        print_message("%s\n", good[i].why);
        rc = pel_cpumap_parse(&ctx, "cpus", good[i].text, &topo, &m);
        assert_told(&ctx, rc, NULL);
        assert_int_equal(rc, 0);
        pel_cpumap_format(&m, topo.nr, text, sizeof(text));
        assert_string_equal(text, good[i].shown);
    }
}

static const char *const bad[] = {
    "",       ",",        "1,",    "x",    "1-",     "-1",
    "3-1",    "1 2",      "1-2-3", "^",    "^^1",    "node:",
    "node:x", "cpu:1",    "0x1",   "1024", "1-1024", "99999999999999999999",
    "all1",   "^node:^1", "none",
};

static void others_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct pel_cpumap m;

        print_message("\"%s\"\n", bad[i]);
        assert_int_equal(pel_cpumap_parse(&ctx, "cpus", bad[i], NULL, &m),
                         -PEL_EINVAL);
        assert_told(&ctx, -1, "cpus: ");
    }
}

/* A text that is too long is cut, and ends. */
static void long_lists_are_cut(void **state)
{
    struct pel_cpumap m = { .bits = { 0 } };
    char text[8];

    (void)state;
    for (uint32_t cpu = 0; cpu < PEL_CPUS_MAX; cpu += 2)
        pel_cpumap_add(&m, cpu);
    for (size_t size = 1; size <= sizeof(text); size++) {
        pel_cpumap_format(&m, PEL_CPUS_MAX, text, size);
        assert_int_equal(strlen(text), size - 1);
        assert_memory_equal(text, "0,2,4,6,", size - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read_and_printed),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(long_lists_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
