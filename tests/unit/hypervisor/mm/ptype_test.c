/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state machine of page types: PT-1, PT-2. */
#include <hv/errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../../../hypervisor/mm/ptype.h"

void panic(const char *fmt, ...)
{
    print_error("panic: %s\n", fmt);
    abort();
}

#define W(t, flags, count) ((uint64_t)(t) << TW_TYPE_SHIFT | (flags) | (count))

static const struct {
    const char *why;
    uint64_t before;
    enum page_type want;
    int ret;
    uint64_t after;
} gets[] = {
    // clang-format off
    { "fresh, to be written",        0,                            PT_WRITABLE, PTYPE_DONE, W(PT_WRITABLE, TW_VALID, 1) },
    { "fresh, a table: validate",    0,                            PT_L1,       PTYPE_WORK, W(PT_L1, TW_LOCKED, 0) },
    { "second writer",               W(PT_WRITABLE, TW_VALID, 1),  PT_WRITABLE, PTYPE_DONE, W(PT_WRITABLE, TW_VALID, 2) },
    { "no writer left: at once",     W(PT_WRITABLE, TW_VALID, 0),  PT_WRITABLE, PTYPE_DONE, W(PT_WRITABLE, TW_VALID, 1) },
    { "second user of a table",      W(PT_L2, TW_VALID, 1),        PT_L2,       PTYPE_DONE, W(PT_L2, TW_VALID, 2) },
    { "PT-1: table, then rw",        W(PT_L1, TW_VALID, 1),        PT_WRITABLE, -EINVAL,    0 },
    { "PT-1: rw, then table",        W(PT_WRITABLE, TW_VALID, 3),  PT_L1,       -EINVAL,    0 },
    { "PT-1: level 1, then 2",       W(PT_L1, TW_VALID, 1),        PT_L2,       -EINVAL,    0 },
    { "PT-1: descriptors, then rw",  W(PT_SEGDESC, TW_VALID, 1),   PT_WRITABLE, -EINVAL,    0 },
    { "PT-1: half a table, then rw", W(PT_L4, TW_PARTIAL, 0),      PT_WRITABLE, -EINVAL,    0 },
    { "PT-1: being made, then rw",   W(PT_L4, TW_LOCKED, 0),       PT_WRITABLE, -EINVAL,    0 },
    { "fixed as not writable",       W(PT_NONE, TW_VALID, 1),      PT_WRITABLE, -EINVAL,    0 },
    { "old table, now rw: flush",    W(PT_L1, 0, 0),               PT_WRITABLE, PTYPE_WORK, W(PT_WRITABLE, TW_LOCKED, 0) },
    { "old rw, now table",           W(PT_WRITABLE, TW_VALID, 0),  PT_L3,       PTYPE_WORK, W(PT_L3, TW_LOCKED, 0) },
    { "old table again: validate",   W(PT_L1, 0, 0),               PT_L1,       PTYPE_WORK, W(PT_L1, TW_LOCKED, 0) },
    { "half a table: go on",         W(PT_L4, TW_PARTIAL, 0),      PT_L4,       PTYPE_WORK, W(PT_L4, TW_PARTIAL | TW_LOCKED, 0) },
    { "half released: go on",        W(PT_L4, TW_PARTIAL, 1),      PT_L4,       PTYPE_WORK, W(PT_L4, TW_PARTIAL | TW_LOCKED, 1) },
    { "locked by another CPU",       W(PT_L1, TW_VALID|TW_LOCKED, 1), PT_L1,    -EAGAIN,    0 },
    { "count full",                  W(PT_L1, TW_VALID, TW_COUNT_MAX), PT_L1,   -EINVAL,    0 },
    { "pinned is no obstacle",       W(PT_L4, TW_VALID | TW_PINNED, 1), PT_L4,  PTYPE_DONE, W(PT_L4, TW_VALID | TW_PINNED, 2) },
    // clang-format on
};

static void get_follows_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(gets); i++) {
        uint64_t w = gets[i].before;
        int ret;

        print_message("%s\n", gets[i].why);
        ret = ptype_get(&w, gets[i].want);
        assert_int_equal(ret, gets[i].ret);
        assert_true(w == (ret < 0 ? gets[i].before : gets[i].after));
    }
}

static const struct {
    const char *why;
    uint64_t before;
    int ret;
    uint64_t after;
} puts[] = {
    // clang-format off
    { "one of two uses",          W(PT_L1, TW_VALID, 2),       PTYPE_DONE, W(PT_L1, TW_VALID, 1) },
    { "PT-2: last use of a table", W(PT_L1, TW_VALID, 1),      PTYPE_WORK, W(PT_L1, TW_VALID | TW_LOCKED, 1) },
    { "PT-2: go on releasing",    W(PT_L4, TW_PARTIAL, 1),     PTYPE_WORK, W(PT_L4, TW_PARTIAL | TW_LOCKED, 1) },
    { "last writer",              W(PT_WRITABLE, TW_VALID, 1), PTYPE_DONE, W(PT_WRITABLE, TW_VALID, 0) },
    { "descriptors hold nothing", W(PT_SEGDESC, TW_VALID, 1),  PTYPE_DONE, W(PT_SEGDESC, TW_VALID, 0) },
    { "locked by another CPU",    W(PT_L1, TW_VALID | TW_LOCKED, 2), -EAGAIN, W(PT_L1, TW_VALID | TW_LOCKED, 2) },
    // clang-format on
};

static void put_follows_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(puts); i++) {
        uint64_t w = puts[i].before;

        print_message("%s\n", puts[i].why);
        assert_int_equal(ptype_put(&w), puts[i].ret);
        assert_true(w == puts[i].after);
    }
}

static void outcomes_are_unlocked(void **state)
{
    uint64_t up = W(PT_L4, TW_PARTIAL | TW_LOCKED, 0);
    uint64_t down = W(PT_L4, TW_VALID | TW_LOCKED, 1);

    (void)state;
    assert_true(ptype_validated(up) == W(PT_L4, TW_VALID, 1));
    assert_true(ptype_stopped(up, false) == W(PT_L4, TW_PARTIAL, 0));
    assert_true(ptype_stopped(up, true) == W(PT_L4, TW_PARTIAL | TW_FAILED, 0));
    assert_true(ptype_refused(up) == W(PT_L4, 0, 0));
    assert_true(ptype_dropped(down) == W(PT_L4, 0, 0));
    /* PT-2: stopped on the way down, it is not valid but still counted. */
    assert_true(ptype_stopped(down, false) == W(PT_L4, TW_PARTIAL, 1));
    /* Its holder was stopped, another validation failed: nothing is lost. */
    assert_true(ptype_refused(W(PT_L4, TW_PARTIAL | TW_LOCKED, 1)) ==
                W(PT_L4, TW_PARTIAL, 1));
}

static void entries_are_held_up_to_progress(void **state)
{
    (void)state;
    assert_int_equal(ptype_holds_entries(W(PT_L1, TW_VALID, 1), 0), 512);
    assert_int_equal(ptype_holds_entries(W(PT_L3, TW_PARTIAL, 0), 7), 7);
    assert_int_equal(ptype_holds_entries(W(PT_L3, 0, 0), 7), 0);
    assert_int_equal(ptype_holds_entries(W(PT_WRITABLE, TW_VALID, 1), 7), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_follows_the_table),
        cmocka_unit_test(put_follows_the_table),
        cmocka_unit_test(outcomes_are_unlocked),
        cmocka_unit_test(entries_are_held_up_to_progress),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
