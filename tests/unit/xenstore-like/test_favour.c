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

/* Ask for a transaction over the wire: its id, or 0 while the answer waits. */
static uint32_t start(struct peer *p)
{
    const struct xsd_sockmsg hdr = { XS_TRANSACTION_START, 1, 0, 1 };

    memcpy(p->in, &hdr, sizeof(hdr));
    p->in[sizeof(hdr)] = '\0';
    p->in_len = sizeof(hdr) + 1;
    p->in_pos = p->out_len = 0;
    turn(&p->conn);
    return p->out_len ? strtoul(p->out + sizeof(hdr), NULL, 10) : 0;
}

/* The answer that waited. */
static uint32_t started(struct peer *p)
{
    turn(&p->conn);
    return p->out_len ? strtoul(p->out + sizeof(struct xsd_sockmsg), NULL, 10)
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

static void its_directories_count_too(void **state)
{
    struct world *w = quarrel();
    struct peer *p = &w->guest[0], *q = &w->dom0;
    uint32_t t, u;

    (void)state;
    expect(q, XS_WRITE, 0, "/d/e/f\0", "OK\0");
    expect(q, XS_SET_PERMS, 0, "/d/e\0b0\0", "OK\0");
    expect(q, XS_SET_PERMS, 0, "/d/e/f\0b0\0", "OK\0");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_spoils_the_favoured_one),
        cmocka_unit_test(its_directories_count_too),
        cmocka_unit_test(who_starves_waits_for_its_turn),
        cmocka_unit_test(help_is_bounded),
        cmocka_unit_test(who_goes_leaves_the_others_their_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
