/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions that starve are helped, and nobody waits for ever. */
#include <stdlib.h>

#include <store/favour.h>

#include "world.h"

/* A store with a node that all may write, and three guests. */
static struct world *quarrel(void)
{
    struct world *w = world_new();

    for (int i = 1; i <= 3; i++)
        world_guest(w, i);
    expect(&w->dom0, XS_WRITE, 0, "/x\0", "OK\0");
    expect(&w->dom0, XS_WRITE, 0, "/y\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/x\0b0\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/y\0b0\0", "OK\0");
    return w;
}

/* Ask over the wire: is there an answer already? */
static bool asked(struct peer *p, uint32_t type, const char *data, uint32_t len)
{
    const struct xsd_sockmsg hdr = { type, 1, 0, len };

    memcpy(p->in, &hdr, sizeof(hdr));
    memcpy(p->in + sizeof(hdr), data, len);
    p->in_len = sizeof(hdr) + len;
    p->in_pos = p->out_len = 0;
    turn(&p->conn);
    return p->out_len;
}

/* Is there an answer now? */
static bool answered(struct peer *p)
{
    turn(&p->conn);
    return p->out_len;
}

/* Ask for a transaction over the wire: its id, or 0 while the answer waits. */
static uint32_t start(struct peer *p)
{
    return asked(p, XS_TRANSACTION_START, "", 1)
               ? strtoul(p->out + sizeof(struct xsd_sockmsg), NULL, 10)
               : 0;
}

/* The answer that waited. */
static uint32_t started(struct peer *p)
{
    return answered(p) ? strtoul(p->out + sizeof(struct xsd_sockmsg), NULL, 10)
                       : 0;
}

/* Lose so often that help is due. */
static void starve(struct world *w, struct peer *p)
{
    uint32_t t;

    for (int i = 0; i < FAVOUR_LOSSES; i++) {
        t = start(p);
        assert_int_not_equal(t, 0);
        expect(p, XS_WRITE, t, "/x\0mine", "OK\0");
        expect(&w->dom0, XS_WRITE, 0, "/x\0other", "OK\0");
        expect_error(p, XS_TRANSACTION_END, t, "T\0", "EAGAIN");
    }
}

static void nobody_spoils_the_favoured_one(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->guest[1];
    uint32_t t, u;

    (void)state;
    starve(w, p);
    t = start(p);
    expect(p, XS_READ, t, "/x\0", "other");

    u = start(q);
    expect(q, XS_WRITE, u, "/x\0q", "OK\0");
    expect_error(q, XS_TRANSACTION_END, u, "T\0", "EAGAIN");
    u = start(q);
    expect(q, XS_READ, u, "/x\0", "other");
    expect(q, XS_WRITE, u, "/y\0q", "OK\0");
    expect(q, XS_TRANSACTION_END, u, "T\0", "OK\0");

    expect(p, XS_WRITE, t, "/x\0p", "OK\0");
    expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");
    expect(p, XS_READ, 0, "/x\0", "p");
    world_free(w);
}

/* It has not come to /x yet, but it did when it lost. */
static void what_it_touched_when_it_lost_is_spared(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->guest[1];
    uint32_t t, u;

    (void)state;
    starve(w, p);
    t = start(p);
    u = start(q);
    expect(q, XS_WRITE, u, "/x\0q", "OK\0");
    expect_error(q, XS_TRANSACTION_END, u, "T\0", "EAGAIN");
    assert_false(asked(q, XS_WRITE, TEXT("/x\0q")));
    expect(p, XS_WRITE, t, "/x\0p", "OK\0");
    expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");
    assert_true(answered(q));
    expect(p, XS_READ, 0, "/x\0", "q");
    world_free(w);
}

static void changes_outside_wait_once(void **state)
{
    static const struct {
        uint32_t type;
        const char *data;
        uint32_t len;
        bool waits;
    } cases[] = {
        { XS_WRITE, TEXT("/x\0other"), true },
        { XS_MKDIR, TEXT("/x\0"), true },
        { XS_RM, TEXT("/x\0"), true },
        { XS_SET_PERMS, TEXT("/x\0b0\0"), true },
        { XS_WRITE, TEXT("/d/e/f/g\0"), true }, /* /d/e has an entry more */
        { XS_RM, TEXT("/d\0"), true },
        { XS_WRITE, TEXT("/n/o/p\0"), true }, /* /n was not there */
        { XS_WRITE, TEXT("/m/o/p\0"), true }, /* /m/o was not there */
        { XS_MKDIR, TEXT("/m/p\0"), false },
        { XS_WRITE, TEXT("/y\0other"), false },
        { XS_WRITE, TEXT("/x"), false }, /* EINVAL */
        { XS_READ, TEXT("/x\0"), false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct world *w = quarrel();
        struct peer *p = &w->guest[0], *q = &w->guest[1];
        uint32_t t;

        expect(&w->dom0, XS_SET_PERMS, 0, "/\0b0\0", "OK\0");
        expect(&w->dom0, XS_WRITE, 0, "/d/e/old\0", "OK\0");
        expect(&w->dom0, XS_WRITE, 0, "/m\0", "OK\0");
        starve(w, p);
        t = start(p);
        expect(p, XS_READ, t, "/x\0", "other");
        expect(p, XS_DIRECTORY, t, "/d/e\0", "old\0");
        expect_error(p, XS_READ, t, "/n\0", "ENOENT");
        expect_error(p, XS_READ, t, "/m/o\0", "ENOENT");
        print_message("%u %s\n", cases[i].type, cases[i].data);
        assert_int_equal(!asked(q, cases[i].type, cases[i].data, cases[i].len),
                         cases[i].waits);
        assert_int_equal(favour_waiting(w->srv), cases[i].waits);
        expect(p, XS_WRITE, t, "/x\0p", "OK\0");
        expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");
        assert_true(!cases[i].waits || answered(q));
        assert_false(favour_waiting(w->srv));
        world_free(w);
    }
}

/* The next one is favoured before the change was made: that waits no more. */
static void a_change_is_not_held_again(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->guest[1], *r = &w->guest[2];
    uint32_t t, u;

    (void)state;
    starve(w, p);
    starve(w, q);
    t = start(p);
    assert_int_equal(start(q), 0);
    assert_false(asked(r, XS_WRITE, TEXT("/x\0r")));
    expect(p, XS_TRANSACTION_END, t, "F\0", "OK\0");
    u = started(q);
    expect(q, XS_WRITE, u, "/x\0q", "OK\0");
    assert_true(answered(r));
    assert_false(asked(r, XS_WRITE, TEXT("/x\0r"))); /* but that is another */
    expect_error(q, XS_TRANSACTION_END, u, "T\0", "EAGAIN");
    assert_true(answered(r));

    assert_int_not_equal(start(q), 0);
    assert_false(asked(r, XS_WRITE, TEXT("/x\0r")));
    conn_reset(&q->conn);
    assert_true(answered(r));
    world_free(w);
}

static uint64_t clock_ns;

static uint64_t fake_clock(void) { return clock_ns; }

static void its_own_changes_go_on_and_time_is_bounded(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->guest[1];

    (void)state;
    w->srv->stats.now_ns = fake_clock;
    starve(w, p);
    clock_ns += 1000000000;
    assert_int_not_equal(start(p), 0);
    assert_true(asked(p, XS_WRITE, TEXT("/x\0p")));
    assert_false(asked(q, XS_WRITE, TEXT("/x\0q")));
    clock_ns += FAVOUR_MS * 1000000ull;
    assert_false(answered(q));
    clock_ns++;
    turn(&w->dom0.conn);
    assert_true(answered(q));
    world_free(w);
}

static void its_directories_count_too(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->guest[1];
    uint32_t t, u;

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/d\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/d\0b0\0", "OK\0");
    expect(&w->dom0, XS_WRITE, 0, "/d/e/f\0", "OK\0");
    starve(w, p);
    t = start(p);
    expect(p, XS_DIRECTORY, t, "/d/e\0", "f\0");
    expect(p, XS_WRITE, t, "/d/e/f\0", "OK\0");

    u = start(q); /* a new entry of the directory that was listed */
    expect(q, XS_WRITE, u, "/d/e/g\0", "OK\0");
    expect_error(q, XS_TRANSACTION_END, u, "T\0", "EAGAIN");
    u = start(q); /* a directory that holds what was touched */
    expect(q, XS_RM, u, "/d\0", "OK\0");
    expect_error(q, XS_TRANSACTION_END, u, "T\0", "EAGAIN");

    expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");
    world_free(w);
}

static void who_starves_waits_for_its_turn(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->guest[1], *r = &w->guest[2];
    uint32_t t, u;

    (void)state;
    starve(w, p);
    starve(w, q);
    starve(w, r);
    t = start(p);
    assert_int_equal(start(q), 0);
    assert_int_equal(start(r), 0);
    assert_int_not_equal(start(&w->dom0), 0); /* no quarrel with it */
    assert_int_equal(started(q), 0);
    assert_false(conn_may_read(&q->conn));

    expect(p, XS_WRITE, t, "/x\0p", "OK\0");
    expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");
    u = started(q);
    assert_int_not_equal(u, 0);
    assert_int_equal(started(r), 0);
    assert_int_equal(start(p), 0); /* it contends: behind the others */
    expect(q, XS_TRANSACTION_END, u, "F\0", "OK\0");
    u = started(r);
    assert_int_not_equal(u, 0);
    expect(r, XS_TRANSACTION_END, u, "T\0", "OK\0");
    assert_int_not_equal(started(p), 0);
    world_free(w);
}

static void help_is_bounded(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->guest[1];
    uint32_t t, u;

    (void)state;
    starve(w, p);
    starve(w, q);
    t = start(p);
    expect(p, XS_WRITE, t, "/x\0p", "OK\0");
    assert_int_equal(start(q), 0);
    for (int i = 0; i < FAVOUR_TURNS; i++)
        turn(&w->dom0.conn);
    u = started(q);
    assert_int_not_equal(u, 0);
    expect(q, XS_WRITE, u, "/x\0q", "OK\0");
    expect_error(p, XS_TRANSACTION_END, t, "T\0", "EAGAIN");

    for (int i = 1; i < FAVOUR_PENANCE; i++) {
        t = start(p); /* it had its chance, and does not wait now */
        expect(p, XS_WRITE, t, "/x\0p", "OK\0");
        expect_error(p, XS_TRANSACTION_END, t, "T\0", "EAGAIN");
    }
    assert_int_equal(start(p), 0); /* that was enough */
    expect(q, XS_TRANSACTION_END, u, "T\0", "OK\0");
    t = started(p);
    expect(p, XS_WRITE, t, "/x\0p", "OK\0");
    expect(p, XS_TRANSACTION_END, t, "T\0", "OK\0");
    world_free(w);
}

static void who_goes_leaves_the_others_their_turn(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->guest[1], *r = &w->guest[2];

    (void)state;
    starve(w, p);
    starve(w, q);
    starve(w, r);
    assert_int_not_equal(start(p), 0);
    assert_int_equal(start(q), 0);
    assert_int_equal(start(r), 0);
    conn_reset(&q->conn);
    conn_reset(&p->conn);
    assert_int_not_equal(started(r), 0);
    assert_false(favour_waiting(w->srv));
    world_free(w);
}

static void a_guest_without_rights_holds_up_nobody(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->guest[1];
    uint32_t t, u;

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/q\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/q\0n2\0", "OK\0");
    starve(w, p);
    t = start(p);
    expect_error(p, XS_READ, t, "/q\0", "EACCES");
    expect_error(p, XS_DIRECTORY, t, "/q\0", "EACCES");
    expect_error(p, XS_WRITE, t, "/q/new\0", "EACCES");
    expect_error(p, XS_RM, t, "/q/new\0", "EACCES");
    assert_true(asked(q, XS_WRITE, TEXT("/q\0q")));
    assert_true(asked(q, XS_WRITE, TEXT("/q/new\0q")));
    u = start(q);
    expect(q, XS_RM, u, "/q/new\0", "OK\0");
    expect(q, XS_WRITE, u, "/q/newer\0", "OK\0");
    expect(q, XS_TRANSACTION_END, u, "T\0", "OK\0");
    assert_false(asked(q, XS_WRITE, TEXT("/x\0q"))); /* that one may */
    world_free(w);
}

static void the_control_domain_waits_for_no_guest(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->guest[1], *d = &w->dom0;
    uint32_t t, u;

    (void)state;
    starve(w, p);
    starve(w, q);
    t = start(p);
    expect(p, XS_READ, t, "/x\0", "other");
    assert_int_equal(start(q), 0);
    assert_true(asked(d, XS_WRITE, TEXT("/x\0d")));
    u = start(d);
    expect(d, XS_WRITE, u, "/x\0d", "OK\0");
    expect(d, XS_TRANSACTION_END, u, "T\0", "OK\0");
    expect_error(p, XS_TRANSACTION_END, t, "T\0", "EAGAIN");
    t = started(q);
    expect(q, XS_WRITE, t, "/x\0q", "OK\0");

    for (int i = 0; i < FAVOUR_LOSSES; i++) {
        u = start(d);
        expect(d, XS_WRITE, u, "/y\0d", "OK\0");
        expect(p, XS_WRITE, 0, "/y\0p", "OK\0");
        expect_error(d, XS_TRANSACTION_END, u, "T\0", "EAGAIN");
    }
    assert_int_equal(start(p), 0); /* behind the other guest */
    assert_false(asked(&w->guest[2], XS_WRITE, TEXT("/x\0r")));
    u = start(d); /* but not this one, who starves */
    assert_int_not_equal(u, 0);
    assert_true(answered(&w->guest[2]));
    assert_int_not_equal(started(p), 0);
    expect(d, XS_WRITE, u, "/y\0d", "OK\0");
    assert_false(asked(p, XS_WRITE, TEXT("/y\0p")));
    expect_error(q, XS_TRANSACTION_END, t, "T\0", "EAGAIN");
    expect(d, XS_TRANSACTION_END, u, "T\0", "OK\0");
    assert_true(answered(p));
    assert_int_not_equal(start(q), 0); /* nobody else starves now */
    assert_false(favour_waiting(w->srv));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_spoils_the_favoured_one),
        cmocka_unit_test(what_it_touched_when_it_lost_is_spared),
        cmocka_unit_test(changes_outside_wait_once),
        cmocka_unit_test(a_change_is_not_held_again),
        cmocka_unit_test(its_own_changes_go_on_and_time_is_bounded),
        cmocka_unit_test(its_directories_count_too),
        cmocka_unit_test(who_starves_waits_for_its_turn),
        cmocka_unit_test(help_is_bounded),
        cmocka_unit_test(who_goes_leaves_the_others_their_turn),
        cmocka_unit_test(a_guest_without_rights_holds_up_nobody),
        cmocka_unit_test(the_control_domain_waits_for_no_guest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
