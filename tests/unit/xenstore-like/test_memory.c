/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each allocation of each request fails once: nothing leaks or is half done. */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

struct dump {
    char text[8192];
    size_t len;
};

static bool dump_visit(void *arg, const struct node *n, const char *path,
                       size_t len)
{
    struct dump *d = arg;

    (void)len;
    d->len += snprintf(d->text + d->len, sizeof(d->text) - d->len,
                       "%s=%.*s %u/%u\n", path, (int)n->value_len,
                       node_value(n), perms_owner(n->perms), n->perms->nr);
    assert_true(d->len < sizeof(d->text));
    return true;
}

static void dump(const struct world *w, struct dump *d)
{
    char path[PATH_ROOM] = "/";

    d->len = 0;
    node_walk(w->srv->root, path, 1, dump_visit, d);
}

enum step { PLAIN, IN_TXN, COMMIT, COMMIT_MERGED };

/* clang-format off */
static const struct {
    const char *why;
    uint32_t type;
    const char *data;
    size_t len;
    enum step step;
} cases[] = {
    { "read", XS_READ, TEXT0("/d/a"), PLAIN },
    { "list", XS_DIRECTORY, TEXT0("/d"), PLAIN },
    { "list a part", XS_DIRECTORY_PART, TEXT0("/d\0" "0"), PLAIN },
    { "write", XS_WRITE, TEXT("/d/a\0a longer value"), PLAIN },
    { "create", XS_WRITE, TEXT("/d/x/y/z\0v"), PLAIN },
    { "remove", XS_RM, TEXT0("/d"), PLAIN },
    { "remove one of three", XS_RM, TEXT0("/d/b"), PLAIN },
    { "get list", XS_GET_PERMS, TEXT0("/d/a"), PLAIN },
    { "set list", XS_SET_PERMS, TEXT0("/d/a\0n3\0r4"), PLAIN },
    { "set special list", XS_SET_PERMS, TEXT0("@releaseDomain\0n3\0r4"), PLAIN },
    { "watch", XS_WATCH, TEXT0("/new/watch\0t"), PLAIN },
    { "unwatch", XS_UNWATCH, TEXT0("/\0t"), PLAIN },
    { "start", XS_TRANSACTION_START, TEXT0(""), PLAIN },
    { "path", XS_GET_DOMAIN_PATH, TEXT0("5"), PLAIN },
    { "introduced", XS_IS_DOMAIN_INTRODUCED, TEXT0("5"), PLAIN },
    { "introduce", XS_INTRODUCE, TEXT0("4\0" "1\0" "1"), PLAIN },
    { "release", XS_RELEASE, TEXT0("2"), PLAIN },
    { "help", XS_CONTROL, TEXT0("help"), PLAIN },
    { "quota", XS_CONTROL, TEXT0("quota"), PLAIN },
    { "read in transaction", XS_READ, TEXT0("/d/a"), IN_TXN },
    { "write in transaction", XS_WRITE, TEXT("/d/a\0value"), IN_TXN },
    { "create in transaction", XS_WRITE, TEXT("/d/x/y\0value"), IN_TXN },
    { "remove in transaction", XS_RM, TEXT0("/d/b"), IN_TXN },
    { "set list in transaction", XS_SET_PERMS, TEXT0("/d/a\0n3"), IN_TXN },
    { "commit", XS_TRANSACTION_END, TEXT0("T"), COMMIT },
    { "commit, merged", XS_TRANSACTION_END, TEXT0("T"), COMMIT_MERGED },
};
/* clang-format on */

static struct world *prepare(void)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;

    world_guest(w, 1);
    world_guest(w, 2);
    expect(p, XS_WRITE, 0, "/d/a\0value", "OK\0");
    expect(p, XS_WRITE, 0, "/d/b/b\0value", "OK\0");
    expect(p, XS_WRITE, 0, "/d/c\0value", "OK\0");
    expect(p, XS_SET_PERMS, 0, "/d/b\0r1\0", "OK\0");
    expect(p, XS_SET_PERMS, 0, "/d/c\0r2\0", "OK\0");
    expect(p, XS_WATCH, 0, "/\0t\0", "OK\0");
    expect(&w->guest[0], XS_WATCH, 0, "/d/b\0t\0", "OK\0");
    return w;
}

static uint32_t open_txn(struct world *w, enum step step)
{
    struct peer *p = &w->dom0;
    uint32_t t = begin(p);

    if (step == IN_TXN)
        return t;
    expect(p, XS_WRITE, t, "/d/n/m\0v", "OK\0");
    expect(p, XS_WRITE, t, "/d/a\0another value", "OK\0");
    expect(p, XS_RM, t, "/d/b\0", "OK\0");
    expect(p, XS_WRITE, t, "/d/b/new\0", "OK\0");
    expect(p, XS_SET_PERMS, t, "/d/c\0n1\0", "OK\0");
    if (step == COMMIT_MERGED)
        expect(p, XS_WRITE, 0, "/e\0v", "OK\0");
    return t;
}

/* One case with one failing allocation.  Returns: one was to fail. */
static bool try(size_t i, unsigned long fail_at)
{
    static struct dump before, after;
    struct world *w = prepare();
    uint32_t t = 0;
    struct reply r;
    bool hit;

    if (cases[i].step != PLAIN)
        t = open_txn(w, cases[i].step);
    dump(w, &before);
    mem_calls = 0;
    mem_fail_at = fail_at;
    ask(&w->dom0, cases[i].type, t, cases[i].data, cases[i].len, &r);
    hit = mem_calls >= fail_at;
    mem_fail_at = 0;

    dump(w, &after);
    if (r.type == XS_ERROR && !w->dom0.conn.broken) {
        assert_string_equal(r.data, "ENOMEM");
        assert_string_equal(before.text, after.text);
    }
    if (!hit)
        assert_int_equal(r.type, cases[i].type);
    world_free(w);
    return hit;
}

static void every_allocation_may_fail(void **state)
{
    unsigned long n;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (n = 1; try(i, n); n++)
            ;
        print_message("%s: %lu\n", cases[i].why, n - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
