/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bitmaps of the dirty log. */
#include <hv/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "../../../../hypervisor/mm/dirty_log.h"

#define WORDS 3

static uint64_t now[WORDS], next[WORDS];
static struct dirty_log l;

static int empty(void **state)
{
    (void)state;
    memset(now, 0, sizeof(now));
    memset(next, 0, sizeof(next));
    l = (struct dirty_log){ .nr_bits = WORDS * 64, .now = now, .next = next };
    return 0;
}

static void a_bit_is_set_once_and_counted_once(void **state)
{
    (void)state;
    assert_false(dirty_log_has(&l, 65));
    dirty_log_set(&l, 65);
    dirty_log_set(&l, 65);
    dirty_log_set(&l, 0);
    assert_true(dirty_log_has(&l, 65));
    assert_false(dirty_log_has(&l, 64));
    assert_int_equal(l.nr_dirty, 2);
    assert_int_equal(dirty_log_take(&l, 1), 2);
    assert_false(dirty_log_has(&l, 65));
    assert_true(dirty_log_has(&l, 0));
}

static void what_is_not_kept_counts_as_dirty(void **state)
{
    (void)state;
    assert_true(dirty_log_has(&l, WORDS * 64));
    assert_true(dirty_log_has(&l, ~0UL));
    dirty_log_set_twice(&l, WORDS * 64);
    dirty_log_set_next(&l, ~0UL);
    assert_int_equal(l.nr_dirty, 0);
}

static void what_others_can_write_is_in_two_rounds(void **state)
{
    (void)state;
    dirty_log_set_twice(&l, 3);
    assert_int_equal(dirty_log_take(&l, 0), 8);
    assert_true(dirty_log_has(&l, 3));
    assert_int_equal(dirty_log_take(&l, 0), 8);
    assert_int_equal(dirty_log_take(&l, 0), 0);
}

static void what_they_still_can_write_is_in_the_next_round(void **state)
{
    (void)state;
    dirty_log_set_next(&l, 191);
    assert_false(dirty_log_has(&l, 191));
    assert_int_equal(dirty_log_take(&l, 2), 0);
    assert_true(dirty_log_has(&l, 191));
    assert_int_equal(dirty_log_take(&l, 2), 1UL << 63);
    assert_int_equal(dirty_log_take(&l, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_bit_is_set_once_and_counted_once, empty),
        cmocka_unit_test_setup(what_is_not_kept_counts_as_dirty, empty),
        cmocka_unit_test_setup(what_others_can_write_is_in_two_rounds, empty),
        cmocka_unit_test_setup(what_they_still_can_write_is_in_the_next_round,
                               empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
