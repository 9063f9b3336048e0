/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console ring, also when the guest lies about it. */
#include "common.h"
#include <errno.h>
#include <peld/ring.h>

#define OUT_SIZE sizeof(((struct xencons_interface *)0)->out)
#define IN_SIZE sizeof(((struct xencons_interface *)0)->in)

static const struct {
    const char *why;
    uint32_t cons, prod;
    ssize_t take; /* from the output ring */
} takes[] = {
    { "empty", 0, 0, 0 },
    { "one character", 0, 1, 1 },
    { "full", 0, OUT_SIZE, OUT_SIZE },
    { "full, indices at the wrap", UINT32_MAX - 5, OUT_SIZE - 6, OUT_SIZE },
    { "producer one too far", 0, OUT_SIZE + 1, -EPROTO },
    { "producer behind consumer", 1, 0, -EPROTO },
    { "producer far off", 0, 0x80000000u, -EPROTO },
};

static void take_follows_the_table(void **state)
{
    char buf[OUT_SIZE];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(takes); i++) {
        struct xencons_interface ring = { .out_cons = takes[i].cons,
                                          .out_prod = takes[i].prod };

        print_message("%s\n", takes[i].why);
        for (size_t k = 0; k < OUT_SIZE; k++)
            ring.out[(takes[i].cons + k) % OUT_SIZE] = (char)(k * 7);
        assert_int_equal(ring_take(&ring, buf, sizeof(buf)), takes[i].take);
        if (takes[i].take < 0) {
            assert_int_equal(ring.out_cons, takes[i].cons);
            continue;
        }
        assert_int_equal(ring.out_cons, takes[i].prod);
        for (ssize_t k = 0; k < takes[i].take; k++)
            assert_int_equal(buf[k], (char)(k * 7));
    }
}

static void take_leaves_what_has_no_room(void **state)
{
    struct xencons_interface ring = { .out_cons = OUT_SIZE - 2,
                                      .out_prod = OUT_SIZE + 8 };
    char buf[4];

    (void)state;
    memcpy(ring.out + OUT_SIZE - 2, "ab", 2);
    memcpy(ring.out, "cdefghij", 8);
    assert_int_equal(ring_take(&ring, buf, sizeof(buf)), 4);
    assert_memory_equal(buf, "abcd", 4);
    assert_int_equal(ring_take(&ring, buf, sizeof(buf)), 4);
    assert_memory_equal(buf, "efgh", 4);
    assert_int_equal(ring_take(&ring, buf, sizeof(buf)), 2);
    assert_int_equal(ring.out_cons, ring.out_prod);
}

static void put_stops_when_full(void **state)
{
    struct xencons_interface ring = { .in_cons = IN_SIZE - 3,
                                      .in_prod = IN_SIZE - 3 };
    char buf[IN_SIZE + 10];

    (void)state;
    memset(buf, 'k', sizeof(buf));
    assert_int_equal(ring_space(&ring), IN_SIZE);
    assert_int_equal(ring_put(&ring, buf, sizeof(buf)), IN_SIZE);
    assert_int_equal(ring_space(&ring), 0);
    assert_int_equal(ring_put(&ring, buf, 1), 0);
    for (size_t i = 0; i < IN_SIZE; i++)
        assert_int_equal(ring.in[i], 'k');
    ring.in_cons += 2;
    assert_int_equal(ring_put(&ring, "xyz", 3), 2);
    assert_int_equal(ring.in[IN_SIZE - 3], 'x');
    assert_int_equal(ring.in[IN_SIZE - 2], 'y');
}

static void put_refuses_indices_that_make_no_sense(void **state)
{
    struct xencons_interface ring = { .in_cons = 5, .in_prod = 4 };

    (void)state;
    assert_int_equal(ring_space(&ring), -EPROTO);
    assert_int_equal(ring_put(&ring, "x", 1), -EPROTO);
    ring.in_prod = 5 + IN_SIZE + 1;
    assert_int_equal(ring_space(&ring), -EPROTO);
    assert_int_equal(ring_put(&ring, "x", 1), -EPROTO);
    assert_int_equal(ring.in_prod, 5 + IN_SIZE + 1);
}

/* Whatever is in the page, no access leaves it: the sanitizer looks on. */
static void random_indices_stay_in_the_page(void **state)
{
    struct xencons_interface *ring = calloc(1, sizeof(*ring));
    char buf[OUT_SIZE];
    uint32_t seed = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint32_t *fields[] = { &ring->in_cons, &ring->in_prod, &ring->out_cons,
                               &ring->out_prod };

        seed = seed * 1664525 + 1013904223;
        *fields[seed >> 30] = seed % 3 ? seed >> 16 : seed;
        assert_true(ring_take(ring, buf, seed % sizeof(buf)) <=
                    (ssize_t)sizeof(buf));
        assert_true(ring_put(ring, buf, seed % IN_SIZE) <= (ssize_t)IN_SIZE);
    }
    free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take_follows_the_table),
        cmocka_unit_test(take_leaves_what_has_no_room),
        cmocka_unit_test(put_stops_when_full),
        cmocka_unit_test(put_refuses_indices_that_make_no_sense),
        cmocka_unit_test(random_indices_stay_in_the_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
