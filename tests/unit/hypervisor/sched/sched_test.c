/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gets how much of the CPUs, and how long who has slept must wait. */
#include "sim.h"

#define D (&doms[0]) /* a domain of the default weight */

/* Within 2 per cent of what is due, or @slack_ns. */
static void assert_share(const struct sim *v, uint64_t due_ns,
                         uint64_t slack_ns)
{
    uint64_t off = MAX(due_ns / 50, slack_ns);

    if (v->used_ns + off < due_ns || v->used_ns > due_ns + off)
        fail_msg("vCPU %u: %lu us, due %lu us", (unsigned int)(v - sims),
                 v->used_ns / 1000, due_ns / 1000);
}

static struct sched_domain *weighing(unsigned int i, unsigned int weight)
{
    doms[i].weight = weight;
    return &doms[i];
}

static void hogs_share_equally(void **state)
{
    (void)state;
    sim_reset(1);
    for (unsigned int i = 0; i < 7; i++)
        add(D, 0, 0);
    simulate(7000 * MS);
    for (unsigned int i = 0; i < 7; i++)
        assert_share(&sims[i], 1000 * MS, 0);
}

static void weights_are_ratios(void **state)
{
    static const unsigned int weights[] = { 128, 256, 1024, 64, 512 };
    unsigned int sum = 0;

    (void)state;
    sim_reset(1);
    for (unsigned int i = 0; i < ARRAY_SIZE(weights); i++) {
        add(weighing(i + 1, weights[i]), 0, 0);
        sum += weights[i];
    }
    simulate(10000 * MS);
    for (unsigned int i = 0; i < ARRAY_SIZE(weights); i++)
        assert_share(&sims[i], 10000 * MS * weights[i] / sum, 0);
}

static void many_hogs_starve_nobody(void **state)
{
    (void)state;
    sim_reset(1);
    for (unsigned int i = 0; i < 64; i++)
        add(D, 0, 0);
    simulate(6400 * MS);
    for (unsigned int i = 0; i < 64; i++)
        assert_share(&sims[i], 100 * MS, 0);
}

/* Network back end against hogs: it needs little, but at once. */
static void waking_preempts_a_hog_at_once(void **state)
{
    struct sim *io;

    (void)state;
    sim_reset(1);
    for (unsigned int i = 0; i < 3; i++)
        add(D, 0, 0);
    simulate(500 * MS);
    io = add(D, MS / 10, 2 * MS); /* 5 per cent of the CPU */
    simulate(2000 * MS);
    assert_true(io->worst_wait_ns <= 100000);
    assert_in_range(io->used_ns, 80 * MS, 100 * MS);
}

static void sleeping_earns_no_more_than_the_credit(void **state)
{
    struct sim *hog, *late;

    (void)state;
    sim_reset(1);
    hog = add(D, 0, 0);
    simulate(5000 * MS);
    late = add(D, 0, 0); /* slept for five seconds */
    measure();
    simulate(200 * MS);
    assert_in_range(hog->used_ns, 85 * MS, 115 * MS);
    assert_in_range(late->used_ns, 85 * MS, 115 * MS);
}

static void a_hog_cannot_hide_behind_short_sleeps(void **state)
{
    struct sim *hog, *cheat;

    (void)state;
    sim_reset(1);
    hog = add(D, 0, 0);
    cheat = add(D, 9 * MS, MS / 20); /* sleeps just before its turn ends */
    simulate(4000 * MS);
    assert_in_range(hog->used_ns, 1960 * MS, 2200 * MS);
    assert_true(cheat->used_ns < 2040 * MS);
}

static void alone_there_is_no_turn(void **state)
{
    (void)state;
    sim_reset(2);
    add(D, 0, 0);
    simulate(10 * MS);
    assert_ptr_equal(runqs[0].running, &sims[0].s);
    assert_true(runqs[0].turn_ends_ns == UINT64_MAX);
    assert_false(sim_cpus[0].armed || sim_cpus[1].armed);
}

static void yield_lets_the_next_run(void **state)
{
    struct sim *a, *b;

    (void)state;
    sim_reset(1);
    a = add(D, 0, 0);
    b = add(D, 0, 0);
    simulate(MS);
    assert_ptr_equal(runqs[0].running, &a->s);
    a->s.yielded = true;
    act_at(0, now);
    simulate(MS);
    assert_ptr_equal(runqs[0].running, &b->s);
}

/* Max-min fairness by weights: nobody can use more than one CPU. */
static void water_fill(uint64_t ns, double *due)
{
    double cpus = nr_cpus, weight;
    bool full[NR_SIMS] = { false }, again;

    do {
        again = false;
        weight = 0;
        for (unsigned int i = 0; i < nr; i++)
            weight += full[i] ? 0 : sims[i].s.dom->weight;
        for (unsigned int i = 0; i < nr; i++) {
            if (full[i])
                continue;
            due[i] = ns * cpus * sims[i].s.dom->weight / weight;
            if (due[i] > ns) {
                due[i] = ns;
                full[i] = again = true;
                cpus--;
                break;
            }
        }
    } while (again);
}

static const struct {
    const char *why;
    unsigned int cpus, hogs;
    unsigned int weights[4]; /* in turn */
} sharing[] = {
    { "as many as CPUs", 4, 4, { 256, 256, 256, 256 } },
    { "three on two", 2, 3, { 256, 256, 256, 256 } },
    { "five on four", 4, 5, { 256, 256, 256, 256 } },
    { "two on each", 4, 8, { 256, 256, 256, 256 } },
    { "weights on two", 2, 4, { 128, 256, 512, 384 } },
    { "more than a CPU's worth", 2, 4, { 4096, 256, 256, 256 } },
    { "all light", 3, 7, { 16, 16, 16, 16 } },
    { "all heavy", 3, 7, { 60000, 60000, 60000, 30000 } },
    { "many on few", 4, 60, { 256, 256, 512, 256 } },
};

static void cpus_are_shared_by_weight(void **state)
{
    static double due[NR_SIMS];

    (void)state;
    for (unsigned int k = 0; k < ARRAY_SIZE(sharing); k++) {
        print_message("%s\n", sharing[k].why);
        sim_reset(sharing[k].cpus);
        for (unsigned int i = 0; i < 4; i++)
            weighing(i, sharing[k].weights[i]);
        for (unsigned int i = 0; i < sharing[k].hogs; i++)
            add(&doms[i % 4], 0, 0);
        simulate(200 * MS); /* they all start on one CPU */
        measure();
        simulate(10000 * MS);
        water_fill(10000 * MS, due);
        for (unsigned int i = 0; i < nr; i++)
            assert_share(&sims[i], due[i], 0);
        print_message("  %u moves a second and CPU\n", moves / nr_cpus / 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hogs_share_equally),
        cmocka_unit_test(weights_are_ratios),
        cmocka_unit_test(many_hogs_starve_nobody),
        cmocka_unit_test(waking_preempts_a_hog_at_once),
        cmocka_unit_test(sleeping_earns_no_more_than_the_credit),
        cmocka_unit_test(a_hog_cannot_hide_behind_short_sleeps),
        cmocka_unit_test(alone_there_is_no_turn),
        cmocka_unit_test(yield_lets_the_next_run),
        cmocka_unit_test(cpus_are_shared_by_weight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
