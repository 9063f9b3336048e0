/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages cut anywhere, backlog, fairness, broken peers. */
#include <stdio.h>

#include <store/pace.h>

#include "world.h"

static void put(struct peer *p, uint32_t type, uint32_t id, const char *data,
                uint32_t len)
{
    struct xsd_sockmsg hdr = { type, id, 0, len };

    memcpy(p->in + p->in_len, &hdr, sizeof(hdr));
    memcpy(p->in + p->in_len + sizeof(hdr), data, len);
    p->in_len += sizeof(hdr) + len;
}

static uint32_t out_word(const struct peer *p, size_t at)
{
    uint32_t word;

    memcpy(&word, p->out + at, sizeof(word));
    return word;
}

static void any_cut_gives_the_same(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    char want[512];
    size_t want_len = 0;

    (void)state;
    for (size_t cut = 0; cut < 40; cut++) {
        p->in_len = p->in_pos = p->out_len = 0;
        p->read_max = cut;
        p->write_max = cut ? cut : sizeof(p->out);
        put(p, XS_WRITE, 1, TEXT("/a\0some value"));
        put(p, XS_READ, 2, TEXT0("/a"));
        put(p, XS_READ, 3, TEXT0("/b"));
        for (int turns = 0; turns < 400 && p->in_pos < p->in_len; turns++)
            turn(&p->conn);
        while (buf_len(&p->conn.out))
            turn(&p->conn);
        assert_false(p->conn.broken);
        if (!cut) {
            want_len = p->out_len;
            memcpy(want, p->out, want_len);
            assert_int_equal(want_len, 3 * 16 + 3 + 10 + 7);
        }
        assert_int_equal(p->out_len, want_len);
        assert_memory_equal(p->out, want, want_len);
    }
    world_free(w);
}

static void too_long_a_payload_ends_it(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    struct xsd_sockmsg hdr = { XS_READ, 1, 0, XENSTORE_PAYLOAD_MAX + 1 };

    (void)state;
    put(p, XS_READ, 7, TEXT0("/"));
    memcpy(p->in + p->in_len, &hdr, sizeof(hdr));
    p->in_len += sizeof(hdr);
    assert_false(turn(&p->conn));
    assert_int_equal(p->conn.broken, XENSTORE_ERROR_PROTO);
    assert_int_equal(p->out_len, 16); /* the one before was answered */
    world_free(w);
}

static void the_longest_payload_is_fine(void **state)
{
    static char data[XENSTORE_PAYLOAD_MAX] = "/a";
    struct world *w = world_new();
    struct peer *p = &w->dom0;

    (void)state;
    memset(data + 3, 'v', sizeof(data) - 3);
    put(p, XS_WRITE, 1, data, sizeof(data));
    turn(&p->conn);
    assert_int_equal(out_word(p, 0), XS_WRITE);
    world_free(w);
}

static void one_turn_is_bounded(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    int turns = 0;

    (void)state;
    for (int i = 0; i < 100; i++)
        put(p, XS_READ, i, TEXT0("/tool"));
    while (turn(&p->conn))
        turns++;
    assert_in_range(turns, 4, 99);
    assert_int_equal(p->out_len, 100 * 16);
    for (int i = 0; i < 100; i++)
        assert_int_equal(out_word(p, i * 16 + 4), i);
    world_free(w);
}

static uint64_t clock_ns;

static uint64_t slow_clock(void) { return clock_ns += 300000; }

/* As does one of requests that take long. */
static void one_turn_is_short(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    int turns = 1;

    (void)state;
    w->srv->stats.now_ns = slow_clock;
    for (int i = 0; i < 100; i++)
        put(p, XS_READ, i, TEXT0("/tool"));
    while (turn(&p->conn))
        turns++;
    assert_in_range(turns, 40, 100);
    assert_int_equal(p->out_len, 100 * 16);
    world_free(w);
}

static void who_does_not_fetch_replies_is_not_heard(void **state)
{
    static char value[4000] = "/v";
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    unsigned int asked = 0;

    (void)state;
    put(p, XS_WRITE, 0, value, sizeof(value));
    turn(&p->conn);
    p->write_max = 0;
    do { /* each reply is long; after some the store stops reading */
        p->in_len = p->in_pos = 0;
        put(p, XS_READ, asked++, TEXT0("/v"));
        turn(&p->conn);
    } while (p->in_pos && asked < 1000);
    assert_in_range(asked, 10, 999);
    assert_false(p->conn.broken);

    /* It has room again: the store notices without another signal. */
    p->write_max = sizeof(p->out);
    while (buf_len(&p->conn.out) || p->in_pos < p->in_len) {
        p->out_len = 0;
        turn(&p->conn);
    }
    assert_int_equal(p->in_pos, p->in_len);
    world_free(w);
}

static void a_guest_that_never_fetches_events_is_cut(void **state)
{
    struct world *w = world_new();
    struct peer *g = world_guest(w, 1);
    struct reply r;

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/local/domain/1/x\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/local/domain/1/x\0n1\0", "OK\0");
    expect(g, XS_WATCH, 0, "x\0t\0", "OK\0");
    for (int i = 0; i < 100000 && !g->conn.broken; i++)
        ask(&w->dom0, XS_WRITE, 0, TEXT0("/local/domain/1/x"), &r);
    assert_int_equal(g->conn.broken, XENSTORE_ERROR_COMM);
    assert_true(buf_len(&g->conn.out) <= w->srv->quota.backlog);
    world_free(w);
}

/* A guest's requests wait while it leaves that many answers. */
static void answers_that_nobody_fetches_are_few(void **state)
{
    struct world *w = world_new();
    struct peer *g = world_guest(w, 1);

    (void)state;
    w->srv->quota.outstanding = 5;
    g->write_max = 0;
    for (int i = 0; i < 20; i++)
        put(g, XS_UNWATCH, i, TEXT("x\0y")); /* ENOENT, or the like */
    for (int i = 0; i < 4; i++)
        assert_false(turn(&g->conn));
    assert_int_equal(g->conn.nr_out, 5);
    assert_false(conn_may_read(&g->conn));

    g->write_max = sizeof(g->out);
    while (turn(&g->conn))
        ;
    assert_int_equal(g->conn.nr_out, 0);
    for (int i = 0, at = 0; i < 20; i++) {
        assert_int_equal(out_word(g, at + 4), i);
        at += 16 + out_word(g, at + 12);
    }
    g->in_len = g->in_pos = g->out_len = 0;
    w->srv->quota.outstanding = 0; /* one at a time, then */
    expect(g, XS_GET_DOMAIN_PATH, 0, "1\0", "/local/domain/1\0");
    world_free(w);
}

/* Domain 1 writes what domain 2, which fetches nothing, watches: how often? */
static int writes_of(struct world *w, int most)
{
    struct peer *g = &w->guest[0];
    int done = 0;

    for (; done < most && conn_may_read(&g->conn); done++) {
        g->in_len = g->in_pos = g->out_len = 0;
        put(g, XS_WRITE, done, TEXT0("/x"));
        turn(&g->conn);
        assert_true(g->out_len);
    }
    return done;
}

static struct world *with_a_slow_one(struct peer *slow, const char *token)
{
    struct world *w = world_new();
    struct peer *g = world_guest(w, 1);
    char watch[1100] = "/x";
    struct reply r;

    world_guest(w, 2);
    slow = slow ? slow : &w->guest[1];
    if (slow != &w->guest[1])
        conn_init(&slow->conn, w->srv, g->conn.io, NULL);
    expect(&w->dom0, XS_WRITE, 0, "/x\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/x\0b0\0", "OK\0");
    strcpy(watch + 3, token);
    ask(slow, XS_WATCH, 0, watch, strlen(token) + 4, &r);
    assert_int_equal(r.type, XS_WATCH);
    slow->write_max = 0;
    return w;
}

static void who_causes_events_waits_for_those_who_hear(void **state)
{
    struct world *w = with_a_slow_one(NULL, "token");
    struct peer *g = &w->guest[0], *slow = &w->guest[1];
    struct reply r;

    (void)state;
    assert_int_not_equal(writes_of(w, 1000000), 1000000);
    assert_in_range(buf_len(&slow->conn.out), PACE_BYTES, PACE_BYTES + 100);
    assert_true(pace_waiting(w->srv));
    ask(&w->dom0, XS_WRITE, 0, TEXT0("/x"), &r); /* dom0 waits for none */
    assert_int_equal(r.type, XS_WRITE);
    assert_int_equal(slow->conn.broken, 0);
    turn(&g->conn);
    assert_false(conn_may_read(&g->conn));

    slow->write_max = 1000;
    turn(&slow->conn);
    assert_true(conn_may_read(&g->conn));
    assert_false(pace_waiting(w->srv));
    assert_in_range(writes_of(w, 1000000), 1, 4000);
    conn_reset(&slow->conn); /* it goes */
    assert_true(conn_may_read(&g->conn));
    assert_int_equal(writes_of(w, 20000), 20000);
    world_free(w);
}

/* One commit has many events; these are no reason to be cut. */
static void many_events_at_once_cut_nobody(void **state)
{
    struct world *w = with_a_slow_one(NULL, "token");
    struct peer *g = &w->guest[0], *slow = &w->guest[1];
    struct reply r;
    char path[32];
    uint32_t t;
    int len;

    (void)state;
    w->srv->quota.backlog = 2000;
    expect(slow, XS_RESET_WATCHES, 0, "", "OK\0");
    expect(slow, XS_WATCH, 0, "/x\0t\0", "OK\0");
    t = begin(g);
    for (int i = 0; i < 200; i++) {
        len = snprintf(path, sizeof(path), "/x/%d", i);
        ask(g, XS_WRITE, t, path, len + 1, &r);
        assert_int_equal(r.type, XS_WRITE);
    }
    expect(g, XS_TRANSACTION_END, t, "T\0", "OK\0");
    assert_int_equal(slow->conn.broken, 0);
    assert_true(buf_len(&slow->conn.out) > 4000);
    assert_false(conn_may_read(&g->conn));
    ask(&w->dom0, XS_WRITE, 0, TEXT0("/x/0"), &r);
    assert_int_equal(slow->conn.broken, 0);

    slow->write_max = sizeof(slow->out);
    turn(&slow->conn);
    assert_int_equal(slow->conn.pushed, 0);
    slow->write_max = 0; /* of dom0's it bears no more than it may */
    for (int i = 0; i < 150; i++)
        ask(&w->dom0, XS_WRITE, 0, TEXT0("/x/0"), &r);
    assert_int_equal(slow->conn.broken, XENSTORE_ERROR_COMM);
    assert_true(buf_len(&slow->conn.out) <= 2000);
    world_free(w);
}

/* But nor do two guests together take memory without end. */
static void many_events_have_an_end(void **state)
{
    struct world *w = with_a_slow_one(NULL, "token");
    struct peer *g = &w->guest[0], *slow = &w->guest[1];
    struct reply r;

    (void)state;
    w->srv->quota.backlog = 100;
    while (!slow->conn.broken)
        ask(g, XS_WRITE, 0, TEXT0("/x"), &r); /* as if it did not wait */
    assert_in_range(buf_len(&slow->conn.out), 1500, 1600);
    world_free(w);
}

static uint64_t fake_clock(void) { return clock_ns; }

static void others_wait_for_a_guest_not_for_ever(void **state)
{
    struct world *w = with_a_slow_one(NULL, "token");
    struct peer *g = &w->guest[0], *slow = &w->guest[1];

    (void)state;
    w->srv->stats.now_ns = fake_clock;
    w->srv->quota.backlog = 1000;
    assert_in_range(writes_of(w, 1000000), 10, 30);
    clock_ns += PACE_MS * 1000000ull;
    pace_turn(w->srv);
    assert_int_equal(slow->conn.broken, 0);
    clock_ns++;
    pace_turn(w->srv);
    assert_int_equal(slow->conn.broken, XENSTORE_ERROR_COMM);
    conn_settle(&slow->conn);
    conn_reset(&slow->conn); /* as a ring's host does */
    assert_true(conn_may_read(&g->conn));
    world_free(w);
}

/* Who waited is gone: nobody is in a hurry. */
static void a_guest_for_which_nobody_waits_is_not_cut(void **state)
{
    struct world *w = with_a_slow_one(NULL, "token");
    struct peer *slow = &w->guest[1];

    (void)state;
    w->srv->stats.now_ns = fake_clock;
    w->srv->quota.backlog = 1000;
    writes_of(w, 1000000);
    expect(&w->dom0, XS_RELEASE, 0, "1\0", "OK\0");
    clock_ns += 2 * PACE_MS * 1000000ull;
    pace_turn(w->srv);
    assert_int_equal(slow->conn.broken, 0);
    assert_false(pace_waiting(w->srv));
    world_free(w);
}

static void a_stopped_program_takes_little_memory(void **state)
{
    static char token[1000];
    static struct peer slow;
    struct world *w;

    (void)state;
    memset(token, 't', sizeof(token) - 1);
    w = with_a_slow_one(&slow, token);
    w->srv->stats.now_ns = fake_clock;
    assert_in_range(writes_of(w, 100000), 10000, 20000);
    clock_ns += 10 * PACE_MS * 1000000ull;
    pace_turn(w->srv);
    assert_int_equal(slow.conn.broken, 0);
    conn_fini(&slow.conn);
    assert_true(conn_may_read(&w->guest[0].conn));
    world_free(w);
}

static void idle_connections_hold_no_memory(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;

    (void)state;
    put(p, XS_READ, 1, TEXT0("/"));
    turn(&p->conn);
    assert_int_equal(p->out_len, 16);
    assert_null(p->conn.in.mem);
    assert_null(p->conn.out.mem);
    world_free(w);
}

/* Many that are answered in a round leave their blocks to the next round. */
static void blocks_of_replies_are_used_again(void **state)
{
    struct buf b[BUF_SPARES + 1] = { 0 }, big = { 0 };
    struct buf_pool pool = { 0 };
    const char *block;

    (void)state;
    buf_borrow(&b[0], &pool);
    assert_null(b[0].mem);
    for (unsigned int i = 0; i <= BUF_SPARES; i++)
        assert_int_equal(buf_append(&b[i], "x", 1), 0);
    block = b[BUF_SPARES - 1].mem;
    for (unsigned int i = 0; i <= BUF_SPARES; i++) {
        buf_leave(&b[i], &pool);
        assert_null(b[i].mem);
    }
    assert_int_equal(pool.nr, BUF_SPARES);
    assert_non_null(buf_reserve(&big, 2 * BUF_MIN));
    buf_borrow(&big, &pool); /* it has one */
    buf_leave(&big, &pool);  /* of another size */
    assert_int_equal(pool.nr, BUF_SPARES);

    buf_borrow(&b[0], &pool);
    assert_ptr_equal(b[0].mem, block);
    assert_int_equal(buf_len(&b[0]), 0);
    assert_int_equal(b[0].capacity, BUF_MIN);
    buf_leave(&b[0], &pool);
    buf_pool_clear(&pool);
    assert_int_equal(mem_blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_same),
        cmocka_unit_test(too_long_a_payload_ends_it),
        cmocka_unit_test(the_longest_payload_is_fine),
        cmocka_unit_test(one_turn_is_bounded),
        cmocka_unit_test(one_turn_is_short),
        cmocka_unit_test(who_does_not_fetch_replies_is_not_heard),
        cmocka_unit_test(a_guest_that_never_fetches_events_is_cut),
        cmocka_unit_test(answers_that_nobody_fetches_are_few),
        cmocka_unit_test(who_causes_events_waits_for_those_who_hear),
        cmocka_unit_test(many_events_at_once_cut_nobody),
        cmocka_unit_test(many_events_have_an_end),
        cmocka_unit_test(others_wait_for_a_guest_not_for_ever),
        cmocka_unit_test(a_guest_for_which_nobody_waits_is_not_cut),
        cmocka_unit_test(a_stopped_program_takes_little_memory),
        cmocka_unit_test(idle_connections_hold_no_memory),
        cmocka_unit_test(blocks_of_replies_are_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
