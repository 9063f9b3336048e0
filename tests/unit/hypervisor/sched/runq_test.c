/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The run queue, driven as sched.c drives it, in virtual time: who gets how
 * much of one CPU, and how long who has slept must wait.
 */
#include <hv/bug.h>
#include <hv/sched.h>
#include <hv/string.h>
#include "../../../../hypervisor/sched/runq.h"
#include <setjmp.h>
#include <cmocka.h>

#define MS 1000000UL
#define NR_SIMS 64

void panic(const char *fmt, ...)
{
    fail_msg("panic: %s", fmt);
    __builtin_unreachable();
}

/* One simulated vCPU: a hog, or one that runs a bit and sleeps a while. */
struct sim {
    struct sched_vcpu s;
    unsigned int weight;
    uint64_t burst_ns, sleep_ns; /* burst 0: a hog */
    uint64_t left_ns;            /* of this burst */
    uint64_t wake_at;
    uint64_t used_ns, worst_wait_ns;
    uint64_t queued_at;
};

static struct runq q;
static struct sim sims[NR_SIMS];
static unsigned int nr;
static struct sim *running;
static uint64_t now, turn_ends;

static int setup(void **state)
{
    (void)state;
    memset(&q, 0, sizeof(q));
    memset(sims, 0, sizeof(sims));
    nr = 0;
    running = NULL;
    now = 1;
    turn_ends = UINT64_MAX;
    return 0;
}

static struct sim *add(unsigned int weight, uint64_t burst, uint64_t sleep)
{
    struct sim *v = &sims[nr++];

    v->weight = weight;
    v->burst_ns = v->left_ns = burst;
    v->sleep_ns = sleep;
    v->wake_at = now;
    return v;
}

static void charge(void)
{
    struct sched_vcpu *s = &running->s;
    uint64_t ns = now - s->started_ns;

    runq_charge(&q, s, ns, running->weight);
    running->used_ns += ns;
    if (running->burst_ns)
        running->left_ns -= MIN(ns, running->left_ns);
    s->started_ns = now;
}

static void pick(void)
{
    struct sched_vcpu *first;
    uint64_t slice;

    if (running && running->burst_ns && !running->left_ns) {
        running->s.running = false;
        running->wake_at = now + running->sleep_ns;
        running->left_ns = running->burst_ns;
        running = NULL;
    }
    first = runq_first(&q);
    if (running && (!first || running->s.vtime <= first->vtime))
        goto out;
    if (running) {
        running->s.running = false;
        runq_insert(&q, &running->s);
        running->queued_at = now;
    }
    running = NULL;
    if (!first)
        return;
    runq_remove(&q, first);
    running = container_of(first, struct sim, s);
    running->s.running = true;
    running->s.started_ns = now;
    running->worst_wait_ns =
        MAX(running->worst_wait_ns, now - running->queued_at);
out:
    slice = runq_slice_ns(&q);
    turn_ends = slice ? now + slice : UINT64_MAX;
}

static void wake(struct sim *v)
{
    v->wake_at = UINT64_MAX;
    if (running)
        charge();
    runq_place(&q, &v->s);
    runq_insert(&q, &v->s);
    v->queued_at = now;
    if (!running || runq_preempts(&v->s, &running->s))
        pick();
    else if (runq_turn_too_long(turn_ends, now, runq_slice_ns(&q)))
        turn_ends = now + runq_slice_ns(&q);
}

static void simulate(uint64_t ns)
{
    const uint64_t step = 10000;

    for (uint64_t end = now + ns; now < end; now += step) {
        for (unsigned int i = 0; i < nr; i++)
            if (sims[i].wake_at <= now)
                wake(&sims[i]);
        if (running) {
            charge();
            if (now >= turn_ends || (running->burst_ns && !running->left_ns))
                pick();
        }
    }
}

static void hogs_share_equally(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 7; i++)
        add(256, 0, 0);
    simulate(7000 * MS);
    for (unsigned int i = 0; i < 7; i++)
        assert_in_range(sims[i].used_ns, 975 * MS, 1025 * MS);
}

static void weights_are_ratios(void **state)
{
    struct sim *light, *heavy, *normal;

    (void)state;
    light = add(128, 0, 0);
    normal = add(256, 0, 0);
    heavy = add(1024, 0, 0);
    simulate(11000 * MS);
    assert_in_range(light->used_ns, 950 * MS, 1050 * MS);
    assert_in_range(normal->used_ns, 1900 * MS, 2100 * MS);
    assert_in_range(heavy->used_ns, 7850 * MS, 8150 * MS);
}

static void many_hogs_starve_nobody(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < NR_SIMS; i++)
        add(256, 0, 0);
    simulate(6400 * MS);
    for (unsigned int i = 0; i < NR_SIMS; i++) {
        assert_in_range(sims[i].used_ns, 90 * MS, 110 * MS);
        /* Two rounds, and the long turn of whoever was there first. */
        assert_true(sims[i].worst_wait_ns <
                    2 * NR_SIMS * (RUNQ_SLICE_MIN_NS + MS / 10) +
                        RUNQ_PERIOD_NS);
    }
}

/* Network back end against hogs: it needs little, but at once. */
static void waking_preempts_a_hog_at_once(void **state)
{
    struct sim *io;

    (void)state;
    add(256, 0, 0);
    add(256, 0, 0);
    add(256, 0, 0);
    simulate(500 * MS);
    io = add(256, MS / 10, 2 * MS); /* 5 per cent of the CPU */
    simulate(2000 * MS);
    assert_true(io->worst_wait_ns <= 100000);
    assert_in_range(io->used_ns, 80 * MS, 100 * MS);
}

static void sleeping_earns_no_more_than_the_credit(void **state)
{
    struct sim *hog, *late;

    (void)state;
    hog = add(256, 0, 0);
    simulate(5000 * MS);
    late = add(256, 0, 0); /* slept for five seconds */
    hog->used_ns = 0;
    simulate(200 * MS);
    assert_in_range(hog->used_ns, 85 * MS, 115 * MS);
    assert_in_range(late->used_ns, 85 * MS, 115 * MS);
    assert_true(hog->worst_wait_ns < 40 * MS);
}

static void a_hog_cannot_hide_behind_short_sleeps(void **state)
{
    struct sim *hog, *cheat;

    (void)state;
    hog = add(256, 0, 0);
    cheat = add(256, 9 * MS, MS / 20); /* sleeps just before its turn ends */
    simulate(4000 * MS);
    assert_in_range(hog->used_ns, 1800 * MS, 2200 * MS);
    assert_true(cheat->used_ns < 2200 * MS);
}

static void alone_there_is_no_turn(void **state)
{
    (void)state;
    add(256, 0, 0);
    simulate(10 * MS);
    assert_int_equal(runq_slice_ns(&q), 0);
    assert_true(turn_ends == UINT64_MAX);
}

static void yield_lets_the_next_run(void **state)
{
    struct sched_vcpu a = { .vtime = 10 }, b = { .vtime = 500 };

    (void)state;
    runq_insert(&q, &b);
    runq_yield(&q, &a);
    assert_true(a.vtime > b.vtime);
    runq_insert(&q, &a);
    assert_ptr_equal(runq_first(&q), &b);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        TEST(hogs_share_equally),
        TEST(weights_are_ratios),
        TEST(many_hogs_starve_nobody),
        TEST(waking_preempts_a_hog_at_once),
        TEST(sleeping_earns_no_more_than_the_credit),
        TEST(a_hog_cannot_hide_behind_short_sleeps),
        TEST(alone_there_is_no_turn),
        TEST(yield_lets_the_next_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
