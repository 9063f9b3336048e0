/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests made of random pieces, by dom0 and a guest: nothing breaks. */
#include <errno.h>
#include <stdlib.h>

#include <store/replay.h>

#include "world.h"

#define STEPS 60000

static uint32_t seed = 4711;

static uint32_t pick(uint32_t nr)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % nr;
}

static const char *const pieces[] = {
    "/",
    "a",
    "b",
    "/local/domain/1",
    "/local/domain/1/d",
    "d",
    "n1",
    "r0",
    "b2",
    "@releaseDomain",
    "@introduceDomain",
    "T",
    "F",
    "1",
    "2",
    "4294967295",
    "-1",
    "quota",
    "set",
    "nodes",
    "//",
    "check",
    "help",
    ".",
    "\xff",
    "tool",
    "0",
    "/d/a/b/c/d/e/f",
    "32752",
    "",
};

/* A payload of up to some pieces, most of them with a NUL behind. */
static size_t payload(char *data, size_t room)
{
    size_t len = 0;

    for (uint32_t n = pick(6); n; n--) {
        const char *piece = pieces[pick(ARRAY_SIZE(pieces))];
        size_t size = strlen(piece) + (pick(8) != 0);

        if (len + size > room)
            break;
        memcpy(data + len, piece, size);
        len += size;
    }
    return len;
}

static void random_requests(void **state)
{
    struct world *w = world_new();
    uint32_t tx[8] = { 0 };
    char data[256];
    struct reply r;

    (void)state;
    world_guest(w, 1);
    expect(&w->dom0, XS_WRITE, 0, "/local/domain/1/d\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/local/domain/1/d\0n1\0", "OK\0");
    for (int step = 0; step < STEPS; step++) {
        bool guest = server_domain(w->srv, 1) &&
                     server_domain(w->srv, 1)->conn && pick(2);
        struct peer *p = guest ? &w->guest[0] : &w->dom0;
        uint32_t type = pick(XS_TYPE_COUNT + 2);
        uint32_t t = tx[pick(ARRAY_SIZE(tx))];

        if (type == XS_INTRODUCE)
            continue; /* the fake host has few domains */
        p->events[0] = '\0';
        ask(p, type, pick(2) ? t : 0, data, payload(data, sizeof(data)), &r);
        if (type == XS_TRANSACTION_START && r.type == type)
            tx[pick(ARRAY_SIZE(tx))] = strtoul(r.data, NULL, 10);
        if (!server_domain(w->srv, 1) || !server_domain(w->srv, 1)->conn)
            world_guest(w, 1);
        if (step % 5000 == 0) {
            assert_int_equal(server_check(w->srv), 0);
            expect(&w->dom0, XS_RESET_WATCHES, 0, "", "OK\0");
        }
    }
    world_free(w);
}

static void random_bytes(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct world *w = world_new();
        struct peer *p = pick(2) ? &w->dom0 : world_guest(w, 1);

        p->in_len = pick(2000);
        for (size_t i = 0; i < p->in_len; i++)
            p->in[i] = i % 4 ? 0 : pick(pick(2) ? 256 : 24);
        p->read_max = pick(100);
        while (!p->conn.broken && p->in_pos < p->in_len)
            turn(&p->conn);
        world_free(w);
    }
}

/* A watch whose events would not fit into a message is none. */
static void a_record_of_too_long_a_token(void **state)
{
    char token[4000];
    struct world *w = world_new();
    struct replay r = { .srv = w->srv };
    struct records records = { 0 };
    struct watch *watch;

    (void)state;
    world_guest(w, 1);
    memset(token, 't', sizeof(token) - 1);
    token[sizeof(token) - 1] = '\0';
    assert_int_equal(watch_add(&w->guest[0].conn, "/", 0, token, &watch), 0);
    w->srv->records = &records;
    record_watch(watch);
    w->srv->records = NULL;
    watch_del(watch);
    assert_int_equal(
        replay_records(&r, buf_head(&records.batch), buf_len(&records.batch)),
        -EINVAL);
    buf_clear(&records.batch);
    replay_done(&r);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_requests),
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(a_record_of_too_long_a_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
