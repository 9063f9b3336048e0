/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions: isolation, conflicts, merging, events. */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

static void nobody_sees_it_before_the_end(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    uint32_t t;

    (void)state;
    expect(p, XS_WRITE, 0, "/a\0old", "OK\0");
    t = begin(p);
    expect(p, XS_WRITE, t, "/a\0new", "OK\0");
    expect(p, XS_WRITE, t, "/b/c\0x", "OK\0");
    expect(p, XS_READ, t, "/a\0", "new");
    expect(p, XS_READ, 0, "/a\0", "old");
    expect_error(p, XS_READ, 0, "/b\0", "ENOENT");
    expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");
    expect(p, XS_READ, 0, "/a\0", "new");
    expect(p, XS_READ, 0, "/b/c\0", "x");
    expect_error(p, XS_READ, t, "/a\0", "ENOENT");
    expect_error(p, XS_TRANSACTION_END, t, "T\0", "ENOENT");

    t = begin(p);
    expect(p, XS_RM, t, "/a\0", "OK\0");
    expect_error(p, XS_READ, t, "/a\0", "ENOENT");
    expect(p, XS_TRANSACTION_END, t, "F\0", "OK\0");
    expect(p, XS_READ, 0, "/a\0", "new");
    world_free(w);
}

static void it_sees_the_store_as_it_was(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    uint32_t t;

    (void)state;
    expect(p, XS_WRITE, 0, "/a\0old", "OK\0");
    t = begin(p);
    expect(p, XS_WRITE, 0, "/a\0new", "OK\0");
    expect(p, XS_READ, t, "/a\0", "old");
    expect_error(p, XS_TRANSACTION_END, t, "T\0", "EAGAIN");
    world_free(w);
}

static void bad_ends_and_ids(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0, *g = world_guest(w, 1);
    uint32_t t = begin(p);

    (void)state;
    expect_error(p, XS_TRANSACTION_START, t, "\0", "EBUSY");
    expect_error(p, XS_TRANSACTION_END, t, "X\0", "EINVAL");
    expect_error(p, XS_TRANSACTION_END, t, "T", "EINVAL");
    expect_error(g, XS_READ, t, "name\0", "ENOENT"); /* not its own */
    expect_error(p, XS_READ, t + 1, "/\0", "ENOENT");
    expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");
    world_free(w);
}

/* Two transactions; the first commits first.  Does the second? */
static void who_conflicts(void **state)
{
    /* clang-format off */
    static const struct {
        const char *why;
        uint32_t type1;
        const char *data1;
        size_t len1;
        uint32_t type2;
        const char *data2;
        size_t len2;
        bool conflict;
    } cases[] = {
        { "same node written", XS_WRITE, TEXT("/d/a\0x"), XS_WRITE, TEXT("/d/a\0y"), true },
        { "written, read", XS_WRITE, TEXT("/d/a\0x"), XS_READ, TEXT0("/d/a"), true },
        { "read, written", XS_READ, TEXT0("/d/a"), XS_WRITE, TEXT("/d/a\0y"), false },
        { "both read", XS_READ, TEXT0("/d/a"), XS_READ, TEXT0("/d/a"), false },
        { "siblings written", XS_WRITE, TEXT("/d/a\0x"), XS_WRITE, TEXT("/d/b\0y"), false },
        { "siblings created", XS_WRITE, TEXT("/d/x\0x"), XS_WRITE, TEXT("/d/y\0y"), false },
        { "same node created", XS_WRITE, TEXT("/d/x\0x"), XS_MKDIR, TEXT0("/d/x"), true },
        { "same parent created", XS_WRITE, TEXT("/e/x\0x"), XS_WRITE, TEXT("/e/y\0y"), true },
        { "created, listed", XS_WRITE, TEXT("/d/x\0x"), XS_DIRECTORY, TEXT0("/d"), true },
        { "written, parent listed", XS_WRITE, TEXT("/d/a\0x"), XS_DIRECTORY, TEXT0("/d"), false },
        { "created, parent read", XS_WRITE, TEXT("/d/x\0x"), XS_READ, TEXT0("/d"), false },
        { "created, missing read", XS_WRITE, TEXT("/d/x\0x"), XS_READ, TEXT0("/d/x"), true },
        { "removed, below written", XS_RM, TEXT0("/d"), XS_WRITE, TEXT("/d/a\0x"), true },
        { "removed, below created", XS_RM, TEXT0("/d"), XS_WRITE, TEXT("/d/x\0x"), true },
        { "created below, removed", XS_WRITE, TEXT("/d/x\0x"), XS_RM, TEXT0("/d"), true },
        { "removed, other removed", XS_RM, TEXT0("/d/a"), XS_RM, TEXT0("/d/b"), false },
        { "list set, written", XS_SET_PERMS, TEXT0("/d/a\0n1"), XS_WRITE, TEXT("/d/a\0x"), true },
        { "list set, value read", XS_SET_PERMS, TEXT0("/d/a\0n1"), XS_READ, TEXT0("/d/a"), false },
        { "list set, list read", XS_SET_PERMS, TEXT0("/d/a\0n1"), XS_GET_PERMS, TEXT0("/d/a"), true },
        { "list of parent set, created", XS_SET_PERMS, TEXT0("/d\0n1"), XS_WRITE, TEXT("/d/x\0y"), true },
        { "removed again", XS_RM, TEXT0("/q"), XS_RM, TEXT0("/q"), false },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct world *w = world_new();
        struct peer *p = &w->dom0;
        uint32_t t1, t2;
        struct reply r;

        print_message("%s\n", cases[i].why);
        expect(p, XS_WRITE, 0, "/d/a\0old", "OK\0");
        expect(p, XS_WRITE, 0, "/d/b\0old", "OK\0");
        t1 = begin(p);
        t2 = begin(p);
        ask(p, cases[i].type1, t1, cases[i].data1, cases[i].len1, &r);
        ask(p, cases[i].type2, t2, cases[i].data2, cases[i].len2, &r);
        expect(p, XS_WRITE, t2, "/other\0z", "OK\0");
        expect(p, XS_TRANSACTION_END, t1, "T\0", "OK\0");
        if (cases[i].conflict)
            expect_error(p, XS_TRANSACTION_END, t2, "T\0", "EAGAIN");
        else
            expect(p, XS_TRANSACTION_END, t2, "T\0", "OK\0");
        world_free(w);
    }
}

/* What a transaction did is done to a tree that others changed elsewhere. */
static void merging(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    uint32_t t;

    (void)state;
    expect(p, XS_WRITE, 0, "/a/old\0v", "OK\0");
    expect(p, XS_WRITE, 0, "/b\0v", "OK\0");
    t = begin(p);
    expect(p, XS_RM, t, "/a\0", "OK\0");
    expect(p, XS_WRITE, t,
           "/a/new/x\0"
           "1",
           "OK\0");
    expect(p, XS_WRITE, t,
           "/n/m\0"
           "2",
           "OK\0");
    expect(p, XS_SET_PERMS, t, "/n/m\0n5\0", "OK\0");
    expect(p, XS_WRITE, t, "/gone/x\0", "OK\0");
    expect(p, XS_RM, t, "/gone\0", "OK\0");
    expect(p, XS_WRITE, t,
           "/n/k/l\0"
           "3",
           "OK\0");
    expect(p, XS_RM, t, "/n/k\0", "OK\0");
    expect(p, XS_WRITE, t,
           "/n/k/l\0"
           "4",
           "OK\0");
    expect(p, XS_WRITE, 0, "/b\0w", "OK\0");
    expect(p, XS_WRITE, 0, "/c\0w", "OK\0");
    expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");

    expect(p, XS_DIRECTORY, 0, "/\0", "a\0b\0c\0n\0tool\0");
    expect(p, XS_DIRECTORY, 0, "/a\0", "new\0");
    expect(p, XS_READ, 0, "/a/new/x\0", "1");
    expect(p, XS_GET_PERMS, 0, "/n/m\0", "n5\0");
    expect(p, XS_READ, 0, "/n/k/l\0", "4");
    expect(p, XS_READ, 0, "/b\0", "w");
    assert_int_equal(w->srv->nodes[5], 1);
    world_free(w);
}

static void events_come_once_in_order_at_the_end(void **state)
{
    /* With and without somebody else's change in between. */
    for (int other = 0; other < 2; other++) {
        struct world *w = world_new();
        struct peer *p = &w->dom0;
        uint32_t t;

        (void)state;
        expect(p, XS_WRITE, 0, "/a/a\0", "OK\0");
        expect(p, XS_WATCH, 0, "/a\0w\0", "OK\0");
        expect(p, XS_WATCH, 0, "/a/tmp/x\0tmp\0", "OK\0");
        expect(p, XS_WATCH, 0, "/a/a/b\0deep\0", "OK\0");
        expect_events(p, "/a w;/a/tmp/x tmp;/a/a/b deep;");
        t = begin(p);
        if (other)
            expect(p, XS_WRITE, 0, "/elsewhere\0", "OK\0");
        expect(p, XS_WRITE, t, "/a/1\0x", "OK\0");
        expect(p, XS_WRITE, t, "/a/2\0x", "OK\0");
        expect(p, XS_WRITE, t, "/a/1\0y", "OK\0");
        expect(p, XS_WRITE, t, "/a/a/b\0x", "OK\0");
        expect(p, XS_WRITE, t, "/a/tmp/x\0", "OK\0");
        expect(p, XS_RM, t, "/a/tmp\0", "OK\0");
        expect(p, XS_RM, t, "/a/a\0", "OK\0");
        expect_events(p, "");
        expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");
        expect_events(p, "/a/1 w;/a/2 w;/a/a w;");
        t = begin(p);
        expect(p, XS_WRITE, t, "/a/3\0x", "OK\0");
        expect(p, XS_TRANSACTION_END, t, "F\0", "OK\0");
        expect_events(p, "");
        world_free(w);
    }
}

static void a_closed_connection_aborts(void **state)
{
    struct world *w = world_new();
    struct peer *g = world_guest(w, 1);
    uint32_t t;

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/g\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/g\0n1\0", "OK\0");
    t = begin(g);
    expect(g, XS_WRITE, t, "/g/x\0", "OK\0");
    expect(&w->dom0, XS_RELEASE, 0, "1\0", "OK\0");
    expect_error(&w->dom0, XS_READ, 0, "/g/x\0", "ENOENT");

    g = world_guest(w, 2);
    t = begin(g);
    expect(g, XS_RESET_WATCHES, 0, "\0", "OK\0");
    expect_error(g, XS_TRANSACTION_END, t, "T\0", "ENOENT");
    world_free(w);
}

static void many_nodes_in_one(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    uint32_t t = begin(p);
    struct reply r;
    char arg[32];
    int len;

    (void)state;
    for (int i = 0; i < 500; i++) {
        len = snprintf(arg, sizeof(arg), "/m/%d%c%d", i % 250, 0, i);
        ask(p, XS_WRITE, t, arg, len, &r);
        assert_int_equal(r.type, XS_WRITE);
    }
    expect(p, XS_WRITE, 0, "/other\0", "OK\0");
    expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");
    expect(p, XS_READ, 0, "/m/249\0", "499");
    expect(p, XS_READ, 0, "/m/0\0", "250");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_sees_it_before_the_end),
        cmocka_unit_test(it_sees_the_store_as_it_was),
        cmocka_unit_test(bad_ends_and_ids),
        cmocka_unit_test(who_conflicts),
        cmocka_unit_test(merging),
        cmocka_unit_test(events_come_once_in_order_at_the_end),
        cmocka_unit_test(a_closed_connection_aborts),
        cmocka_unit_test(many_nodes_in_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
