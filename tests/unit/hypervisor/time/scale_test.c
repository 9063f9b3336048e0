/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cycles to nanoseconds: the formula of vcpu_time_info, and its precision. */
#include <hv/scale.h>
#include <setjmp.h>
#include <cmocka.h>

#define NS_PER_S 1000000000UL

/* What a guest computes from mul and shift, in kHz, as the ABI defines it. */
static uint64_t khz_as_guests_see_it(struct time_scale s)
{
    uint64_t khz = (1000000UL << 32) / s.mul;

    return s.shift < 0 ? khz << -s.shift : khz >> s.shift;
}

static const struct {
    const char *why;
    uint64_t hz;
    uint64_t cycles;
    uint64_t ns;
} cases[] = {
    { "one cycle a nanosecond: exact", 1000000000, 123456789012345,
      123456789012345 },
    { "2 GHz: exact halves", 2000000000, 1000000001, 500000000 },
    { "below 1 GHz shifts left", 500000000, 7, 14 },
    { "nothing is nothing", 2100000000, 0, 0 },
    { "a stopped clock", 0, 1000000, 0 },
};

static void scale_follows_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].why);
        assert_int_equal(
            scale_apply(scale_from_hz(cases[i].hz), cases[i].cycles),
            cases[i].ns);
    }
}

/* From an 8254 to processors of the future, after an hour and a month. */
static void a_second_is_a_second_at_any_frequency(void **state)
{
    (void)state;
    for (uint64_t hz = 1000000; hz < 20000000000UL; hz += hz / 7 + 12345) {
        struct time_scale s = scale_from_hz(hz);
        const uint64_t hour = 3600, month = 30 * 24 * hour;

        assert_in_range(scale_apply(s, hz), NS_PER_S - 2, NS_PER_S + 2);
        assert_in_range(scale_apply(s, hz * hour), (NS_PER_S - 1) * hour,
                        (NS_PER_S + 1) * hour);
        assert_in_range(scale_apply(s, hz * month), (NS_PER_S - 1) * month,
                        (NS_PER_S + 1) * month);
    }
}

static void guests_derive_the_right_frequency(void **state)
{
    (void)state;
    for (uint64_t khz = 800000; khz < 6000000; khz += 9973) {
        struct time_scale s = scale_from_hz(khz * 1000);

        assert_true(s.mul >> 31); /* all the precision there is */
        assert_in_range(khz_as_guests_see_it(s), khz - 4, khz + 4);
    }
}

static void time_never_goes_back(void **state)
{
    struct time_scale s = scale_from_hz(2900123456);
    uint64_t last = 0;

    (void)state;
    for (uint64_t c = 0; c < 100000; c++) {
        uint64_t ns = scale_apply(s, (1UL << 45) + c);

        assert_true(ns >= last);
        last = ns;
    }
}

/* A timer of 1 GHz beside a TSC of 2 GHz, for 10 ms, unless said otherwise. */
static void rate_is_of_the_time_that_passed(void **state)
{
    const struct counted good = { 10000000, 20000000, 400 };
    const struct counted halted = { 70000000, 140000000, 400 };
    const struct counted none = { 0, 20000000, 4 };

    (void)state;
    assert_int_equal(count_rate(good, 2000000), 1UL << 32);
    assert_int_equal(count_rate(halted, 2000000), 1UL << 32);
    assert_int_equal(count_rate(none, 2000000), 0);
    assert_int_equal(count_rate((struct counted){ 0, 0, 0 }, 2000000), 0);
}

static void surest_of_several_counts_wins(void **state)
{
    const struct counted sure = { 10000000, 20000000, 400 };
    const struct counted surer = { 70000000, 140000000, 600 };
    const struct counted torn = { 10000000, 30000000, 20000000 };
    const struct counted none = { 0, 20000000, 4 };

    (void)state;
    assert_true(count_is_good(sure));
    assert_false(count_is_good(torn));
    assert_false(count_is_good(none));
    assert_int_equal(count_better(torn, sure).doubt, sure.doubt);
    assert_int_equal(count_better(sure, torn).doubt, sure.doubt);
    assert_int_equal(count_better(sure, surer).doubt, surer.doubt);
    assert_int_equal(count_better(none, torn).doubt, torn.doubt);
    assert_int_equal(count_better(torn, none).doubt, torn.doubt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scale_follows_the_table),
        cmocka_unit_test(a_second_is_a_second_at_any_frequency),
        cmocka_unit_test(guests_derive_the_right_frequency),
        cmocka_unit_test(time_never_goes_back),
        cmocka_unit_test(rate_is_of_the_time_that_passed),
        cmocka_unit_test(surest_of_several_counts_wins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
