/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layer over libxenstore: values, transactions, waits. */
#include "common.h"
#include <errno.h>
#include <pel/store.h>
#include "device_store.h"

struct world {
    struct pel_ctx ctx;
    struct pel_store s;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    fake_reset();
    *state = w;
    return pel_store_use(&w->ctx, &w->s);
}

static int teardown(void **state)
{
    struct world *w = *state;

    fake_reset();
    xs_close(w->ctx.store);
    free(w);
    return 0;
}

static void a_store_that_is_not_there_is_told(void **state)
{
    struct pel_ctx ctx = { 0 };
    struct pel_store s;
    int rc;

    (void)state;
    fake_fail_in = 1;
    rc = pel_store_use(&ctx, &s);
    assert_int_equal(rc, -PEL_ESTORE);
    assert_told(&ctx, rc, "store");
}

static const struct {
    const char *why, *value;
    int rc;
    uint64_t number;
} numbers[] = {
    { "zero", "0", 0, 0 },
    { "a number", "51712", 0, 51712 },
    { "the largest", "18446744073709551615", 0, UINT64_MAX },
    { "too large", "18446744073709551616", -EINVAL, 0 },
    { "empty", "", -EINVAL, 0 },
    { "a sign", "-1", -EINVAL, 0 },
    { "a space first", " 1", -EINVAL, 0 },
    { "letters behind", "1x", -EINVAL, 0 },
    { "no node", NULL, -ENOENT, 0 },
};

static void numbers_follow_the_table(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        uint64_t out = 0;

        print_message("%s\n", numbers[i].why);
        if (numbers[i].value)
            fake_set("/a/n", numbers[i].value);
        assert_int_equal(pel_store_read_u64(&w->s, &out, "/a/%s",
                                            numbers[i].value ? "n" : "m"),
                         numbers[i].rc);
        if (!numbers[i].rc)
            assert_true(out == numbers[i].number);
    }
}

static void a_path_beyond_the_limit_is_refused(void **state)
{
    struct world *w = *state;

    assert_int_equal(pel_store_write(&w->s, "x", "/%04000d", 1), -ENAMETOOLONG);
    assert_null(pel_store_read(&w->s, "/%04000d", 1));
    assert_int_equal(errno, ENAMETOOLONG);
}

static void removing_nothing_is_no_error(void **state)
{
    struct world *w = *state;

    assert_int_equal(pel_store_rm(&w->s, "/nothing"), 0);
}

static void empty_parents_go_up_to_the_stop(void **state)
{
    struct world *w = *state;

    fake_set("/a/b/c/d", "");
    fake_set("/a/x", "1");
    assert_int_equal(pel_store_rm_empty(&w->s, "/a", "/a/b/c/d"), 0);
    assert_null(fake_get("/a/b"));
    assert_non_null(fake_get("/a"));

    fake_set("/a/b/c/d", "");
    fake_set("/a/b/y", "");
    assert_int_equal(pel_store_rm_empty(&w->s, "/a", "/a/b/c/d"), 0);
    assert_null(fake_get("/a/b/c"));
    assert_non_null(fake_get("/a/b/y"));
}

/* The function of most transactions here: counts its calls. */
static int add_one(struct pel_store *s, void *arg)
{
    uint64_t n = 0;

    ++*(int *)arg;
    pel_store_read_u64(s, &n, "/n");
    return pel_store_put(s, "", "n", "%llu", (unsigned long long)n + 1);
}

static void a_conflict_runs_the_function_again(void **state)
{
    struct world *w = *state;
    int calls = 0;

    fake_set("/n", "5");
    fake_conflicts = 3;
    assert_int_equal(pel_store_txn(&w->s, add_one, &calls), 0);
    assert_int_equal(calls, 4);
    assert_string_equal(fake_get("/n"), "6");
}

static int write_and_refuse(struct pel_store *s, void *arg)
{
    (void)arg;
    assert_int_equal(pel_store_write(s, "9", "/n"), 0);
    return -E2BIG;
}

static void a_refusal_aborts(void **state)
{
    struct world *w = *state;

    fake_set("/n", "5");
    assert_int_equal(pel_store_txn(&w->s, write_and_refuse, NULL), -E2BIG);
    assert_string_equal(fake_get("/n"), "5");
    /* Afterwards the connection is in no transaction. */
    assert_int_equal(pel_store_write(&w->s, "7", "/n"), 0);
    assert_string_equal(fake_get("/n"), "7");
}

static void a_broken_commit_is_not_repeated(void **state)
{
    struct world *w = *state;
    int calls = 0;

    fake_fail_in = 4; /* start, read, write, end */
    assert_int_equal(pel_store_txn(&w->s, add_one, &calls), -EIO);
    assert_int_equal(calls, 1);
}

static int has_value(struct pel_store *s, void *arg)
{
    char *value = pel_store_read(s, "/w");
    int rc = value && !strcmp(value, arg);

    free(value);
    return rc;
}

static uint64_t soon(void) { return pel_store_now_ns() + 20000000; }

static void what_holds_needs_no_wait(void **state)
{
    struct world *w = *state;

    fake_set("/w", "yes");
    assert_int_equal(pel_store_wait(&w->s, 0, has_value, (void *)"yes", "/w"),
                     1);
}

static void what_never_holds_times_out(void **state)
{
    struct world *w = *state;

    assert_int_equal(
        pel_store_wait(&w->s, soon(), has_value, (void *)"yes", "/w"),
        -ETIMEDOUT);
}

/* Says no at first and changes the node as somebody else would. */
static int turn(struct pel_store *s, void *arg)
{
    int *calls = arg;

    if (++*calls == 2)
        fake_set("/w/below", "x");
    return *calls >= 3 && has_value(s, (void *)"yes");
}

static void a_change_below_wakes_the_waiter(void **state)
{
    struct world *w = *state;
    int calls = 0;

    fake_set("/w", "yes");
    assert_int_equal(pel_store_wait(&w->s, UINT64_MAX, turn, &calls, "/w"), 1);
    assert_int_equal(calls, 3);
}

static void a_wait_leaves_no_watch(void **state)
{
    struct world *w = *state;

    pel_store_wait(&w->s, soon(), has_value, (void *)"yes", "/w");
    fake_set("/w", "later");
    assert_null(xs_check_watch(w->s.xs));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_that_is_not_there_is_told),
        cmocka_unit_test_setup_teardown(numbers_follow_the_table, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_path_beyond_the_limit_is_refused,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(removing_nothing_is_no_error, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(empty_parents_go_up_to_the_stop, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_conflict_runs_the_function_again,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_refusal_aborts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_commit_is_not_repeated, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_holds_needs_no_wait, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_never_holds_times_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_change_below_wakes_the_waiter, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_wait_leaves_no_watch, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
