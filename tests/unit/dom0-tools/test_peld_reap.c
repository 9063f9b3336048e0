/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes that peld starts: this program stands for peld, and its
 * second argument says how the work ends.
 */
#include "common.h"
#include <signal.h>
#include <unistd.h>
#include <peld/reap.h>

#define GOOD "1"  /* ends with success */
#define BAD "2"   /* fails */
#define STUCK "3" /* does not end */

static unsigned int nr_failures;

static void count_log(enum pel_log_level level, const char *line, void *arg)
{
    (void)arg;
    nr_failures += level == PEL_LOG_WARN && strstr(line, "failed");
}

static struct pel_ctx ctx = { .log_fn = count_log, .log_level = PEL_LOG_INFO };

/* SIGCHLD is blocked in peld, so that it can be waited for. */
static int setup(void **state)
{
    struct reaper *r = calloc(1, sizeof(*r));
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    r->ctx = &ctx;
    nr_failures = 0;
    *state = r;
    return sigprocmask(SIG_BLOCK, &child, NULL);
}

static int teardown(void **state)
{
    struct reaper *r = *state;

    while (r->jobs) {
        struct job *job = r->jobs;

        r->jobs = job->next;
        free(job);
    }
    free(r);
    return 0;
}

static void work_that_succeeds_is_done_once(void **state)
{
    struct reaper *r = *state;

    reaper_start(r, "--reap", GOOD, NULL);
    assert_true(reaper_active(r, "--reap", GOOD));
    reaper_start(r, "--reap", GOOD, NULL); /* under way: not twice */
    reaper_finish(r, 10000);
    assert_false(reaper_active(r, "--reap", GOOD));
    assert_int_equal(nr_failures, 0);
    reaper_start(r, "--reap", GOOD, NULL);
    assert_false(reaper_active(r, "--reap", GOOD));
    assert_int_equal(r->jobs->tries, 1);
}

static void work_that_fails_is_tried_three_times(void **state)
{
    struct reaper *r = *state;

    for (int i = 0; i < REAP_TRIES + 2; i++) {
        reaper_start(r, "--reap", BAD, NULL);
        reaper_finish(r, 10000);
    }
    assert_int_equal(nr_failures, REAP_TRIES);
}

static void the_two_kinds_of_work_are_apart(void **state)
{
    struct reaper *r = *state;

    reaper_start(r, "--reap", GOOD, NULL);
    reaper_finish(r, 10000);
    reaper_start(r, "--restart", GOOD, NULL);
    assert_true(reaper_active(r, "--restart", GOOD));
    assert_false(reaper_active(r, "--reap", GOOD));
    reaper_finish(r, 10000);
}

static void what_is_forgotten_may_come_again(void **state)
{
    struct reaper *r = *state;

    reaper_start(r, "--reap", GOOD, NULL);
    reaper_finish(r, 10000);
    reaper_forget(r, "--reap", GOOD);
    assert_null(r->jobs);
    reaper_start(r, "--reap", GOOD, NULL);
    assert_true(reaper_active(r, "--reap", GOOD));
    /* The domain goes before the work on it has ended. */
    reaper_forget(r, "--reap", GOOD);
    assert_non_null(r->jobs);
    reaper_finish(r, 10000);
    assert_null(r->jobs);
}

/* Work on one guest holds no other up; that on nobody knows whom does. */
static void it_is_known_for_whom_it_works(void **state)
{
    static const uint8_t one[16] = { 1 }, other[16] = { 2 };
    struct reaper *r = *state;

    assert_false(reaper_works_for(r, one));
    reaper_start(r, "--reap", GOOD, one);
    assert_true(reaper_works_for(r, one));
    assert_false(reaper_works_for(r, other));
    reaper_finish(r, 10000);
    assert_false(reaper_works_for(r, one));
    reaper_start(r, "--reap", BAD, NULL);
    assert_true(reaper_works_for(r, one));
    assert_true(reaper_works_for(r, other));
    reaper_finish(r, 10000);
}

static void a_restart_may_be_asked_for_again(void **state)
{
    struct reaper *r = *state;

    for (int i = 0; i < REAP_TRIES + 2; i++) {
        reaper_start(r, "--restart", GOOD, NULL);
        assert_true(reaper_active(r, "--restart", GOOD));
        assert_true(reaper_active(r, NULL, NULL));
        reaper_finish(r, 10000);
        assert_false(reaper_active(r, NULL, NULL));
    }
    assert_int_equal(nr_failures, 0);
}

static int oom_score(const char *set)
{
    FILE *f = fopen("/proc/self/oom_score_adj", set ? "r+" : "r");
    int score = -1;

    assert_non_null(f);
    if (set)
        fputs(set, f);
    else
        assert_int_equal(fscanf(f, "%d", &score), 1);
    fclose(f);
    return score;
}

static void a_worker_may_be_ended_for_its_memory(void **state)
{
    (void)state;
    oom_score("300"); /* stands for peld's -1000, which root alone may set */
    assert_int_equal(oom_score(NULL), 300);
    reaper_be_worker();
    assert_int_equal(oom_score(NULL), 0);
}

static void finishing_ends_at_its_limit(void **state)
{
    struct reaper *r = *state;

    reaper_start(r, "--reap", STUCK, NULL);
    reaper_finish(r, 20);
    assert_true(reaper_active(r, "--reap", STUCK));
    kill(r->jobs->pid, SIGKILL);
    reaper_finish(r, 10000);
    assert_false(reaper_active(r, "--reap", STUCK));
    assert_int_equal(nr_failures, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(work_that_succeeds_is_done_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(work_that_fails_is_tried_three_times,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_two_kinds_of_work_are_apart, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_forgotten_may_come_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(it_is_known_for_whom_it_works, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_restart_may_be_asked_for_again, setup,
                                        teardown),
        cmocka_unit_test(a_worker_may_be_ended_for_its_memory),
        cmocka_unit_test_setup_teardown(finishing_ends_at_its_limit, setup,
                                        teardown),
    };

    if (argc == 3 && !strcmp(argv[2], STUCK))
        pause();
    if (argc == 3)
        return !strcmp(argv[2], BAD);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
