/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains come and go; what one may take. */
#include <errno.h>
#include <stdio.h>

#include <store/replay.h>

#include "world.h"

static void introduction(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;

    (void)state;
    expect(p, XS_IS_DOMAIN_INTRODUCED, 0, "1\0", "F\0");
    w->introduce_err = -EINVAL;
    expect_error(p, XS_INTRODUCE, 0,
                 "1\0"
                 "77\0"
                 "5\0",
                 "EINVAL");
    expect(p, XS_IS_DOMAIN_INTRODUCED, 0, "1\0", "F\0");
    w->introduce_err = 0;
    expect(p, XS_INTRODUCE, 0,
           "1\0"
           "77\0"
           "5\0",
           "OK\0");
    expect(p, XS_IS_DOMAIN_INTRODUCED, 0, "1\0", "T\0");
    expect(p, XS_INTRODUCE, 0,
           "1\0"
           "77\0"
           "6\0",
           "OK\0");
    assert_int_equal(w->last_port, 6);
    expect(p, XS_GET_DOMAIN_PATH, 0, "12\0", "/local/domain/12\0");
    expect(&w->guest[0], XS_IS_DOMAIN_INTRODUCED, 0, "32752\0", "T\0");
    expect(p, XS_RELEASE, 0, "1\0", "OK\0");
    assert_true(w->guest[0].closed);
    expect(p, XS_IS_DOMAIN_INTRODUCED, 0, "1\0", "F\0");
    expect_error(p, XS_RELEASE, 0, "1\0", "ENOENT");
    world_free(w);
}

static void resume_and_target(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0, *g = world_guest(w, 1);

    (void)state;
    world_guest(w, 2);
    server_domain(w->srv, 1)->shutdown = true;
    expect(p, XS_RESUME, 0, "1\0", "OK\0");
    assert_false(server_domain(w->srv, 1)->shutdown);
    expect_error(p, XS_RESUME, 0, "3\0", "ENOENT");

    expect(p, XS_WRITE, 0, "/local/domain/2/x\0v", "OK\0");
    expect(p, XS_SET_PERMS, 0, "/local/domain/2/x\0n2\0", "OK\0");
    expect_error(g, XS_READ, 0, "/local/domain/2/x\0", "EACCES");
    expect(p, XS_SET_TARGET, 0,
           "1\0"
           "2\0",
           "OK\0");
    expect(g, XS_READ, 0, "/local/domain/2/x\0", "v");
    expect_error(p, XS_SET_TARGET, 0,
                 "1\0"
                 "3\0",
                 "ENOENT");
    expect_error(p, XS_SET_TARGET, 0,
                 "3\0"
                 "1\0",
                 "ENOENT");
    expect_error(p, XS_SET_TARGET, 0, "1\0x\0", "EINVAL");

    /* The target goes, and another domain gets its number: no rights, also
     * when all was read from a journal meanwhile. */
    server_domain(w->srv, 2)->acted_for = false;
    server_recount(w->srv);
    expect(p, XS_RELEASE, 0, "2\0", "OK\0");
    expect(p, XS_WRITE, 0, "/local/domain/2/x\0v", "OK\0");
    expect_error(g, XS_READ, 0, "/local/domain/2/x\0", "EACCES");
    world_guest(w, 2);
    expect(p, XS_SET_PERMS, 0, "/local/domain/2/x\0n2\0", "OK\0");
    expect(&w->guest[1], XS_READ, 0, "/local/domain/2/x\0", "v");
    expect_error(g, XS_READ, 0, "/local/domain/2/x\0", "EACCES");
    world_free(w);
}

static void a_gone_domain_leaves_nothing_of_its_own(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0, *g = world_guest(w, 1);

    (void)state;
    expect(p, XS_WRITE, 0, "/local/domain/1/mine\0", "OK\0");
    expect(p, XS_SET_PERMS, 0, "/local/domain/1/mine\0n1\0", "OK\0");
    expect(p, XS_WRITE, 0, "/local/domain/1/tools\0", "OK\0");
    expect(p, XS_WRITE, 0, "/elsewhere/x\0", "OK\0");
    expect(p, XS_SET_PERMS, 0, "/elsewhere/x\0n1\0", "OK\0");
    expect(p, XS_WRITE, 0, "/shared\0", "OK\0");
    expect(p, XS_SET_PERMS, 0, "/shared\0n0\0b1\0", "OK\0");
    expect(g, XS_WRITE, 0, "mine/a/b\0", "OK\0");
    expect(g, XS_WATCH, 0, "mine\0t\0", "OK\0");
    begin(g);
    expect(p, XS_WATCH, 0, "/local/domain/1\0w\0", "OK\0");
    expect_events(p, "/local/domain/1 w;");
    assert_int_equal(w->srv->nodes[1], 4);

    server_domain_gone(w->srv, server_domain(w->srv, 1));
    assert_true(g->closed);
    assert_int_equal(w->srv->nodes[1], 0);
    expect_events(p, "/local/domain/1/mine w;");
    expect(p, XS_DIRECTORY, 0, "/local/domain/1\0", "tools\0");
    expect_error(p, XS_READ, 0, "/elsewhere/x\0", "ENOENT");

    /* PERM-1: the next domain 1 has no rights of the former. */
    g = world_guest(w, 1);
    expect_error(g, XS_READ, 0, "/shared\0", "EACCES");
    expect_error(g, XS_WRITE, 0, "/shared/x\0", "EACCES");
    expect(p, XS_SET_PERMS, 0, "/shared\0n0\0b1\0", "OK\0");
    expect(g, XS_WRITE, 0, "/shared/x\0", "OK\0");
    world_free(w);
}

static void rights_may_be_given_before_the_introduction(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0, *g;

    (void)state;
    expect(p, XS_WRITE, 0, "/local/domain/1/name\0one", "OK\0");
    expect(p, XS_SET_PERMS, 0, "/local/domain/1/name\0n0\0r1\0", "OK\0");
    g = world_guest(w, 1);
    expect(g, XS_READ, 0, "name\0", "one");
    world_free(w);
}

/* The root can be given away; then it is not taken out with its owner. */
static void the_root_stays(void **state)
{
    struct world *w = world_new();

    (void)state;
    world_guest(w, 1);
    expect(&w->dom0, XS_SET_PERMS, 0, "/\0n1\0", "OK\0");
    expect(&w->dom0, XS_RELEASE, 0, "1\0", "OK\0");
    expect(&w->dom0, XS_READ, 0, "/tool/xenstored\0", "");
    world_free(w);
}

/* A domain with a directory of its own. */
static struct peer *guest_at_home(struct world *w)
{
    struct peer *g = world_guest(w, 1);

    expect(&w->dom0, XS_WRITE, 0, "/local/domain/1/d\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/local/domain/1/d\0n1\0", "OK\0");
    return g;
}

static void quota_of_nodes(void **state)
{
    struct world *w = world_new();
    struct peer *g = guest_at_home(w);
    uint32_t t;

    (void)state;
    w->srv->quota.nodes = 4;
    expect_error(g, XS_WRITE, 0, "d/a/b/c/d\0", "ENOSPC"); /* one too many */
    expect_error(&w->dom0, XS_READ, 0, "/local/domain/1/d/a\0", "ENOENT");
    expect(g, XS_WRITE, 0, "d/a/b/c\0", "OK\0");
    expect_error(g, XS_MKDIR, 0, "d/x\0", "ENOSPC");
    expect(g, XS_WRITE, 0, "d/a\0value", "OK\0"); /* it exists */
    expect(g, XS_RM, 0, "d/a/b/c\0", "OK\0");
    expect(g, XS_MKDIR, 0, "d/x\0", "OK\0");

    /* Inside a transaction what it did so far counts. */
    expect(g, XS_RM, 0, "d/x\0", "OK\0");
    t = begin(g);
    expect(g, XS_MKDIR, t, "d/y\0", "OK\0");
    expect_error(g, XS_MKDIR, t, "d/z\0", "ENOSPC");
    /* And at its end what was done meanwhile. */
    expect(g, XS_MKDIR, 0, "d/x\0", "OK\0");
    expect_error(g, XS_TRANSACTION_END, t, "T\0", "ENOSPC");
    expect(&w->dom0, XS_MKDIR, 0, "/local/domain/1/d/more\0", "OK\0");
    world_free(w);
}

static void quota_of_memory(void **state)
{
    static char big[500] = "data/b";
    struct world *w = world_new();
    struct peer *g = world_guest(w, 1);
    struct reply r;
    uint32_t tx;

    (void)state;
    expect(&w->dom0, XS_MKDIR, 0, "/local/domain/1/data\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/local/domain/1/data\0n1\0", "OK\0");
    expect(g, XS_WRITE, 0, "data/a\0first", "OK\0");
    w->srv->quota.memory = w->srv->bytes[1] + 300;
    ask(g, XS_WRITE, 0, big, sizeof(big), &r);
    assert_string_equal(r.data, "ENOSPC");
    memcpy(big, "data/a", 6);
    ask(g, XS_WRITE, 0, big, sizeof(big), &r);
    assert_string_equal(r.data, "ENOSPC");
    expect(g, XS_WRITE, 0, "data/a\0", "OK\0"); /* less is always fine */

    tx = begin(g); /* what is removed in a transaction makes room in it */
    ask(g, XS_WRITE, tx, big, 200, &r);
    assert_int_equal(r.type, XS_WRITE);
    memcpy(big, "data/b", 6);
    ask(g, XS_WRITE, tx, big, 200, &r);
    assert_string_equal(r.data, "ENOSPC");
    expect(g, XS_RM, tx, "data/a\0", "OK\0");
    ask(g, XS_WRITE, tx, big, 200, &r);
    assert_int_equal(r.type, XS_WRITE);
    expect(g, XS_TRANSACTION_END, tx, "T\0", "OK\0");

    expect(&w->dom0, XS_CONTROL, 0, "quota\0set\0001\0memory\0001000000\0",
           "OK\0");
    memcpy(big, "data/c", 6);
    ask(g, XS_WRITE, 0, big, sizeof(big), &r);
    assert_int_equal(r.type, XS_WRITE);
    world_free(w);
}

/* Each node on the way to a new one counts. */
static void quota_of_memory_on_long_ways(void **state)
{
    struct world *w = world_new();
    struct peer *g = guest_at_home(w);

    (void)state;
    w->srv->quota.memory = w->srv->bytes[1] + 3 * (sizeof(struct node) + 2);
    expect_error(g, XS_WRITE, 0, "d/a/b/c/d\0", "ENOSPC");
    w->srv->quota.memory += sizeof(struct node) + 30;
    expect(g, XS_WRITE, 0, "d/a/b/c/d\0", "OK\0");
    assert_true(w->srv->bytes[1] <= w->srv->quota.memory);
    world_free(w);
}

/* What the next server needs to know of a transaction has an end. */
static void quota_of_what_a_transaction_does(void **state)
{
    static const char value[1500] = "d";
    struct world *w = world_new();
    struct peer *g = guest_at_home(w);
    struct records records = { 0 };
    uint32_t t[2] = { begin(g), begin(g) };
    size_t noted = 0;
    struct reply r;

    (void)state;
    w->srv->records = &records;
    w->srv->quota.memory = 100000;
    for (int i = 0; i < 300; i++) {
        ask(g, XS_WRITE, t[i % 2], value, sizeof(value), &r);
        assert_int_equal(r.type, XS_WRITE);
    }
    for (int i = 0; i < 2; i++)
        noted += buf_len(&txn_find(&g->conn, t[i])->done);
    assert_in_range(noted, 90000, 100000);
    assert_true(buf_len(&records.batch) < 110000);
    expect(g, XS_TRANSACTION_END, t[0], "T\0", "OK\0");
    w->srv->records = NULL;
    buf_clear(&records.batch);
    world_free(w);
}

/* The journal has all of the answer that comes instead. */
static void an_answer_to_an_update_is_taken_back(void **state)
{
    struct world *w = world_new();
    struct conn *c = &world_guest(w, 1)->conn;
    struct records journal = { 0 }, handover = { 0 };
    struct buf want = { 0 };
    unsigned int said;

    (void)state;
    w->srv->update.asker = c;
    w->srv->records = &journal;
    update_answer(w->srv, "before");
    record_conn(c);
    said = update_answer(w->srv, "OK");
    w->srv->records = &handover;
    record_all_of(c);
    w->srv->records = &journal;
    update_take_back(w->srv, said);
    assert_int_equal(c->nr_out, 1);
    update_answer(w->srv, "No such file or directory");
    buf_append(&want, buf_head(&c->out), buf_len(&c->out));
    record_conn(c);

    w->srv->records = NULL;
    buf_clear(&c->out);
    struct replay r = { .srv = w->srv };
    assert_int_equal(
        replay_records(&r, buf_head(&journal.batch), buf_len(&journal.batch)),
        0);
    assert_int_equal(buf_len(&c->out), buf_len(&want));
    assert_memory_equal(buf_head(&c->out), buf_head(&want), buf_len(&want));
    buf_clear(&want);
    buf_clear(&journal.batch);
    buf_clear(&handover.batch);
    world_free(w);
}

static void quota_of_watches_and_transactions(void **state)
{
    struct world *w = world_new();
    struct peer *g = guest_at_home(w);

    (void)state;
    w->srv->quota.watches = 2;
    w->srv->quota.txns = 2;
    expect(g, XS_WATCH, 0,
           "d\0"
           "1\0",
           "OK\0");
    expect(g, XS_WATCH, 0,
           "d\0"
           "2\0",
           "OK\0");
    expect_error(g, XS_WATCH, 0,
                 "d\0"
                 "3\0",
                 "E2BIG");
    expect(g, XS_UNWATCH, 0,
           "d\0"
           "1\0",
           "OK\0");
    expect(g, XS_WATCH, 0,
           "d\0"
           "3\0",
           "OK\0");

    begin(g);
    begin(g);
    expect_error(g, XS_TRANSACTION_START, 0, "\0", "ENOSPC");
    for (int i = 0; i < 20; i++)
        begin(&w->dom0);
    world_free(w);
}

static void quota_of_sizes(void **state)
{
    struct world *w = world_new();
    struct peer *g = guest_at_home(w);
    static char data[2 + 2048 + 1] = "d";
    struct reply r;

    (void)state;
    ask(g, XS_WRITE, 0, data, 2 + 2048, &r);
    assert_int_equal(r.type, XS_WRITE);
    expect_error_(g, XS_WRITE, 0, data, 2 + 2049, "ENOSPC", __FILE__, __LINE__);
    ask(&w->dom0, XS_WRITE, 0, data, 2 + 2049, &r);
    assert_int_equal(r.type, XS_WRITE);
    expect(g, XS_SET_PERMS, 0, "d\0n1\0r2\0r3\0r4\0r5\0", "OK\0");
    expect_error(g, XS_SET_PERMS, 0, "d\0n1\0r2\0r3\0r4\0r5\0r6\0", "ENOSPC");
    world_free(w);
}

static void quota_of_a_transaction(void **state)
{
    struct world *w = world_new();
    struct peer *g = guest_at_home(w);
    struct reply r;
    char path[16];
    uint32_t t = begin(g);
    int len, i;

    (void)state;
    w->srv->quota.txn_nodes = 50;
    for (i = 0; i < 100; i++) {
        len = snprintf(path, sizeof(path), "d/%d", i);
        ask(g, XS_READ, t, path, len + 1, &r);
        if (!strcmp(r.data, "ENOSPC"))
            break;
        assert_string_equal(r.data, "ENOENT");
    }
    assert_in_range(i, 40, 60);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(introduction),
        cmocka_unit_test(resume_and_target),
        cmocka_unit_test(a_gone_domain_leaves_nothing_of_its_own),
        cmocka_unit_test(rights_may_be_given_before_the_introduction),
        cmocka_unit_test(the_root_stays),
        cmocka_unit_test(quota_of_nodes),
        cmocka_unit_test(quota_of_memory),
        cmocka_unit_test(quota_of_memory_on_long_ways),
        cmocka_unit_test(quota_of_what_a_transaction_does),
        cmocka_unit_test(quota_of_watches_and_transactions),
        cmocka_unit_test(an_answer_to_an_update_is_taken_back),
        cmocka_unit_test(quota_of_sizes),
        cmocka_unit_test(quota_of_a_transaction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
