/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one migration teaches the next one. */
#include "common.h"
#include <unistd.h>
#include <pel/standstill.h>

static int forget(void **state)
{
    (void)state;
    unlink(STANDSTILL_FILE);
    return 0;
}

static void nothing_known_is_a_guess(void **state)
{
    (void)state;
    assert_int_equal(standstill_ms(), STANDSTILL_MS);
}

static void half_of_the_way_each_time(void **state)
{
    (void)state;
    standstill_learn(STANDSTILL_MS + 100);
    assert_int_equal(standstill_ms(), STANDSTILL_MS + 50);
    standstill_learn(0);
    assert_int_equal(standstill_ms(), (STANDSTILL_MS + 50) / 2);
}

static void it_stays_within_reason(void **state)
{
    (void)state;
    standstill_learn(-100000);
    assert_int_equal(standstill_ms(), 1);
    standstill_learn(100000000);
    assert_int_equal(standstill_ms(), STANDSTILL_MAX_MS);
}

static void a_damaged_file_is_none(void **state)
{
    static const char *const texts[] = { "", "x", "0", "-3", "99999999" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        FILE *f = fopen(STANDSTILL_FILE, "w");

        print_message("\"%s\"\n", texts[i]);
        assert_non_null(f);
        fputs(texts[i], f);
        fclose(f);
        assert_int_equal(standstill_ms(), STANDSTILL_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_known_is_a_guess, forget),
        cmocka_unit_test_setup(half_of_the_way_each_time, forget),
        cmocka_unit_test_setup(it_stays_within_reason, forget),
        cmocka_unit_test_setup(a_damaged_file_is_none, forget),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
