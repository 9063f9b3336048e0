/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page allocator against a model: which frame belongs to whom. */
#include <hv/errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../../../hypervisor/mm/buddy.h"

void panic(const char *fmt, ...)
{
    print_error("panic: %s\n", fmt);
    abort();
}

#define NR 4096

static struct frame frames[NR];
static struct buddy b;
static int owner[NR]; /* number of the block that has it, 0: free */
static bool clean[NR];

static uint64_t seed = 1;

static unsigned int rnd(unsigned int n)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned int)(seed >> 33) % n;
}

static void start(unsigned int from, unsigned int to)
{
    memset(frames, 0, sizeof(frames));
    memset(owner, 0, sizeof(owner));
    memset(clean, 0, sizeof(clean));
    buddy_init(&b, frames, NR);
    for (unsigned int i = from; i < to; i++)
        buddy_free(&b, i, 0, true);
    for (unsigned int i = 0; i < NR; i++)
        if (i < from || i >= to)
            owner[i] = -1;
}

static void blocks_are_aligned_and_inside(void **state)
{
    bool dirty;

    (void)state;
    start(1, NR);
    for (unsigned int o = 0; o < 11; o++) {
        uint32_t i = buddy_alloc(&b, o, 64, &dirty);

        assert_int_not_equal(i, FRAME_NONE);
        assert_int_equal(i & ((1U << o) - 1), 0);
        assert_true(i + (1U << o) <= NR);
    }
}

static void single_frames_merge_to_whole_zones(void **state)
{
    bool dirty;

    (void)state;
    start(1, NR);
    assert_int_equal(b.nr_free, NR - 1);
    /* Zone 11 is frames 2048-4095: one block. */
    assert_int_equal(b.orders[11], 1U << 11);
    assert_int_equal(buddy_alloc(&b, 11, 64, &dirty), 2048);
    assert_int_equal(buddy_alloc(&b, 11, 64, &dirty), FRAME_NONE);
}

static void address_limits_are_kept(void **state)
{
    bool dirty;

    (void)state;
    start(1, NR);
    for (unsigned int bits = 1; bits <= 12; bits++) {
        uint32_t i = buddy_alloc(&b, 0, bits, &dirty);

        assert_true(i < 1U << bits);
        /* High frames first. */
        assert_true(i >= 1U << (bits - 1));
    }
    assert_int_equal(buddy_alloc(&b, 0, 0, &dirty), FRAME_NONE);
}

static void clean_and_dirty_never_merge(void **state)
{
    bool dirty;

    (void)state;
    start(0, 0);
    buddy_free(&b, 64, 0, true);
    buddy_free(&b, 65, 0, false);
    assert_int_equal(b.orders[6], 1);
    /* The clean one is preferred. */
    assert_int_equal(buddy_alloc(&b, 0, 64, &dirty), 65);
    assert_false(dirty);
    buddy_free(&b, 65, 0, true);
    assert_int_equal(b.orders[6], 2);
    assert_int_equal(b.nr_dirty, 2);
}

static void dirty_frames_are_found_until_none_is_left(void **state)
{
    unsigned int taken = 0;

    (void)state;
    start(1, NR);
    for (;;) {
        unsigned int order = 4;
        uint32_t i = buddy_take_dirty(&b, &order);

        if (i == FRAME_NONE)
            break;
        assert_true(order <= 4);
        taken += 1U << order;
        buddy_free(&b, i, order, false);
    }
    assert_int_equal(taken, NR - 1);
    assert_int_equal(b.nr_dirty, 0);
    assert_int_equal(b.orders[11], 1U << 11);
}

/* Allocate, free and scrub at random; no frame twice, none lost. */
static void random_operations_agree_with_the_model(void **state)
{
    static struct {
        uint32_t at;
        unsigned int order;
    } held[512];
    unsigned int nr_held = 0, nr_free = NR - 33;

    (void)state;
    start(33, NR);
    for (unsigned int step = 0; step < 200000; step++) {
        unsigned int what = rnd(8);
        bool dirty;

        if (what < 4 && nr_held < ARRAY_SIZE(held)) {
            unsigned int order = rnd(6), bits = rnd(4) ? 64 : rnd(13);
            uint32_t i = buddy_alloc(&b, order, bits, &dirty);

            if (i == FRAME_NONE)
                continue;
            for (uint32_t n = i; n < i + (1U << order); n++) {
                assert_int_equal(owner[n], 0);
                owner[n] = 1;
                assert_true(bits >= 32 || n < 1U << bits);
                assert_true(dirty || clean[n]);
                assert_false(frames[n].ref & REF_FREE);
            }
            held[nr_held].at = i;
            held[nr_held++].order = order;
            nr_free -= 1U << order;
        } else if (what < 7 && nr_held) {
            unsigned int k = rnd(nr_held);

            for (uint32_t n = 0; n < 1U << held[k].order; n++) {
                owner[held[k].at + n] = 0;
                clean[held[k].at + n] = false;
            }
            buddy_free(&b, held[k].at, held[k].order, true);
            nr_free += 1U << held[k].order;
            held[k] = held[--nr_held];
        } else {
            unsigned int order = 3;
            uint32_t i = buddy_take_dirty(&b, &order);

            if (i == FRAME_NONE)
                continue;
            for (uint32_t n = i; n < i + (1U << order); n++) {
                assert_int_equal(owner[n], 0);
                clean[n] = true;
            }
            buddy_free(&b, i, order, false);
        }
        assert_int_equal(b.nr_free, nr_free);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_inside),
        cmocka_unit_test(single_frames_merge_to_whole_zones),
        cmocka_unit_test(address_limits_are_kept),
        cmocka_unit_test(clean_and_dirty_never_merge),
        cmocka_unit_test(dirty_frames_are_found_until_none_is_left),
        cmocka_unit_test(random_operations_agree_with_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
