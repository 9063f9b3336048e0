/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches: who hears what, in which order. */
#include <stdio.h>
#include <time.h>

#include "world.h"

static void first_event_then_changes(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;

    (void)state;
    expect(p, XS_WATCH, 0, "/a\0tok\0", "OK\0");
    expect_events(p, "/a tok;"); /* though there is no such node */
    expect(p, XS_WRITE, 0, "/a/b\0v", "OK\0");
    expect(p, XS_WRITE, 0, "/a\0v", "OK\0");
    expect(p, XS_WRITE, 0, "/ab\0v", "OK\0"); /* another node */
    expect(p, XS_READ, 0, "/a\0", "v");
    expect(p, XS_MKDIR, 0, "/a\0", "OK\0"); /* changes nothing */
    expect(p, XS_SET_PERMS, 0, "/a/b\0n0\0", "OK\0");
    expect_events(p, "/a/b tok;/a tok;/a/b tok;");
    expect(p, XS_UNWATCH, 0, "/a\0tok\0", "OK\0");
    expect(p, XS_WRITE, 0, "/a\0v", "OK\0");
    expect_events(p, "");
    world_free(w);
}

static void token_and_path_make_a_watch(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;

    (void)state;
    expect(p, XS_WATCH, 0, "/a\0one\0", "OK\0");
    expect_error(p, XS_WATCH, 0, "/a\0one\0", "EEXIST");
    expect(p, XS_WATCH, 0, "/a\0two\0", "OK\0");
    expect_events(p, "/a one;/a two;");
    expect_error(p, XS_UNWATCH, 0, "/a\0three\0", "ENOENT");
    expect_error(p, XS_UNWATCH, 0, "/b\0one\0", "ENOENT");
    expect(p, XS_UNWATCH, 0, "/a\0one\0", "OK\0");
    expect(p, XS_WRITE, 0, "/a\0", "OK\0");
    expect_events(p, "/a two;");
    expect(p, XS_RESET_WATCHES, 0, "\0", "OK\0");
    expect(p, XS_WRITE, 0, "/a\0", "OK\0");
    expect_events(p, "");
    assert_int_equal(w->srv->watches.nr, 0);
    world_free(w);
}

static void removal_is_told_to_those_below(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;

    (void)state;
    expect(p, XS_WRITE, 0, "/a/b/c\0", "OK\0");
    expect(p, XS_WATCH, 0, "/a/b/c\0deep\0", "OK\0");
    expect(p, XS_WATCH, 0, "/a/b/none\0none\0", "OK\0");
    expect(p, XS_WATCH, 0, "/a\0a\0", "OK\0");
    expect(p, XS_WATCH, 0, "/\0root\0", "OK\0");
    expect_events(p, "/a/b/c deep;/a/b/none none;/a a;/ root;");
    expect(p, XS_RM, 0, "/a/b\0", "OK\0");
    expect_events(p, "/a/b root;/a/b a;/a/b/c deep;");
    expect(p, XS_RM, 0, "/a/b\0", "OK\0"); /* nothing happened */
    expect_events(p, "");
    world_free(w);
}

static void relative_watches_give_relative_paths(void **state)
{
    struct world *w = world_new();
    struct peer *g = world_guest(w, 1);

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/local/domain/1/d\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/local/domain/1/d\0n1\0", "OK\0");
    expect(g, XS_WATCH, 0, "d\0rel\0", "OK\0");
    expect(g, XS_WATCH, 0, "/local/domain/1/d\0abs\0", "OK\0");
    expect_events(g, "d rel;/local/domain/1/d abs;");
    expect(&w->dom0, XS_WRITE, 0, "/local/domain/1/d/x\0", "OK\0");
    expect_events(g, "d/x rel;/local/domain/1/d/x abs;");
    expect(g, XS_UNWATCH, 0, "d\0abs\0", "OK\0"); /* the same path */
    world_free(w);
}

static void guests_hear_only_what_they_may_read(void **state)
{
    struct world *w = world_new();
    struct peer *g = world_guest(w, 1);

    (void)state;
    expect(g, XS_WATCH, 0, "/s\0t\0", "OK\0");
    expect_events(g, "/s t;");
    expect(&w->dom0, XS_WRITE, 0, "/s\0", "OK\0");
    expect(&w->dom0, XS_WRITE, 0, "/s/x\0", "OK\0");
    expect_events(g, "");
    expect(&w->dom0, XS_SET_PERMS, 0, "/s/x\0n0\0r1\0", "OK\0");
    expect(&w->dom0, XS_WRITE, 0, "/s/x\0v", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/s/x\0n0\0", "OK\0"); /* it could */
    expect(&w->dom0, XS_WRITE, 0, "/s/x\0v", "OK\0");
    expect_events(g, "/s/x t;/s/x t;/s/x t;");
    expect(&w->dom0, XS_SET_PERMS, 0, "/s/x\0n0\0r1\0", "OK\0");
    expect(&w->dom0, XS_RM, 0, "/s/x\0", "OK\0"); /* it could read it */
    expect_events(g, "/s/x t;/s/x t;");

    /* Who may read a directory sees children come and go. */
    expect(&w->dom0, XS_SET_PERMS, 0, "/s\0n0\0r1\0", "OK\0");
    expect(&w->dom0, XS_WRITE, 0, "/s/y\0", "OK\0");
    expect_events(g, "/s t;/s/y t;");
    world_free(w);
}

static void special_watches(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0, *g = world_guest(w, 1);

    (void)state;
    expect(p, XS_WATCH, 0, "@introduceDomain\0i\0", "OK\0");
    expect(p, XS_WATCH, 0, "@releaseDomain\0r\0", "OK\0");
    expect(g, XS_WATCH, 0, "@releaseDomain\0r\0", "OK\0");
    expect(p, XS_WATCH, 0, "/\0root\0", "OK\0");
    expect_events(p, "@introduceDomain i;@releaseDomain r;/ root;");
    expect_events(g, "@releaseDomain r;");

    world_guest(w, 2);
    expect_events(p, "@introduceDomain i;");
    world_guest(w, 2); /* another port; not another domain */
    expect_events(p, "");
    expect(p, XS_RELEASE, 0, "2\0", "OK\0");
    expect_events(p, "@releaseDomain r;");
    expect_events(g, ""); /* it may not know */

    expect(p, XS_GET_PERMS, 0, "@releaseDomain\0", "n0\0");
    expect(p, XS_SET_PERMS, 0, "@releaseDomain\0n0\0r1\0", "OK\0");
    world_guest(w, 2);
    expect(p, XS_RELEASE, 0, "2\0", "OK\0");
    expect_events(g, "@releaseDomain r;");
    world_free(w);
}

static void many_watches(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    char arg[64];
    struct reply r;
    int len;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        len = snprintf(arg, sizeof(arg), "/w/%d%ct", i, 0);
        ask(p, XS_WATCH, 0, arg, len + 1, &r);
        assert_int_equal(r.type, XS_WATCH);
        expect_events(p, (snprintf(arg, sizeof(arg), "/w/%d t;", i), arg));
    }
    expect(p, XS_WRITE, 0, "/w/517\0", "OK\0");
    expect_events(p, "/w/517 t;");
    for (int i = 0; i < 1000; i += 2) {
        len = snprintf(arg, sizeof(arg), "/w/%d%ct", i, 0);
        ask(p, XS_UNWATCH, 0, arg, len + 1, &r);
        assert_int_equal(r.type, XS_UNWATCH);
    }
    assert_int_equal(w->srv->watches.nr, 500);
    expect(p, XS_WRITE, 0, "/w/518\0", "OK\0");
    expect(p, XS_WRITE, 0, "/w/519\0", "OK\0");
    expect_events(p, "/w/519 t;");
    world_free(w);
}

static void the_longest_event_fits(void **state)
{
    struct world *w = world_new();
    static char arg[XENSTORE_PAYLOAD_MAX];
    struct reply r;

    (void)state;
    strcpy(arg, "/a");
    memset(arg + 3, 't', 1022);
    arg[3 + 1022] = '\0';
    ask(&w->dom0, XS_WATCH, 0, arg, 3 + 1022 + 1, &r);
    assert_int_equal(r.type, XS_WATCH);
    memset(arg + 3, 't', 1023);
    arg[3 + 1023] = '\0';
    ask(&w->dom0, XS_WATCH, 0, arg, 3 + 1023 + 1, &r);
    assert_int_equal(r.type, XS_ERROR);
    world_free(w);
}

/* CPU time of writes to a node that is deep. */
static clock_t time_of_writes(struct world *w, const char *path, size_t len)
{
    clock_t start = clock();
    struct reply r;

    for (int i = 0; i < 200; i++) {
        ask(&w->dom0, XS_WRITE, 0, path, len, &r);
        assert_int_equal(r.type, XS_WRITE);
    }
    return clock() - start;
}

/* Whoever may not know of a change cannot make it expensive either. */
static void watches_of_strangers_cost_little(void **state)
{
    struct world *w = world_new();
    char path[1801] = "", watch[16];
    clock_t alone, with;
    struct reply r;
    int len;

    (void)state;
    for (int i = 0; i < 900; i++)
        memcpy(path + 2 * i, "/a", 2);
    time_of_writes(w, path, sizeof(path));
    alone = time_of_writes(w, path, sizeof(path));
    for (int domid = 1; domid <= 4; domid++) {
        world_guest(w, domid);
        for (int i = 0; i < 128; i++) {
            len = snprintf(watch, sizeof(watch), "/a%ct%d", 0, i);
            ask(&w->guest[domid - 1], XS_WATCH, 0, watch, len + 1, &r);
            assert_int_equal(r.type, XS_WATCH);
        }
        w->guest[domid - 1].events[0] = '\0';
    }
    with = time_of_writes(w, path, sizeof(path));
    print_message("%ld, with watches %ld\n", (long)alone, (long)with);
    assert_true(with < 8 * alone);
    expect_events(&w->guest[0], "");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_event_then_changes),
        cmocka_unit_test(token_and_path_make_a_watch),
        cmocka_unit_test(removal_is_told_to_those_below),
        cmocka_unit_test(relative_watches_give_relative_paths),
        cmocka_unit_test(guests_hear_only_what_they_may_read),
        cmocka_unit_test(special_watches),
        cmocka_unit_test(many_watches),
        cmocka_unit_test(the_longest_event_fits),
        cmocka_unit_test(watches_of_strangers_cost_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
