/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gets how much of the CPUs, and how long who has slept must wait. */
#include "sim.h"

#define TURN_NS (RUNQ_PERIOD_NS / 2)
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
    { "two of them", 4, 8, { 4096, 256, 4096, 64 } },
    { "all light", 3, 7, { 16, 16, 16, 16 } },
    { "all heavy", 3, 7, { 60000, 60000, 60000, 30000 } },
    { "many on few", 4, 60, { 256, 256, 512, 256 } },
    { "a big machine", 64, 200, { 256, 512, 256, 1024 } },
    { "the biggest", 256, 1000, { 256, 256, 512, 256 } },
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
        simulate(1000 * MS); /* they all start on one CPU */
        measure();
        simulate(10000 * MS);
        water_fill(10000 * MS, due);
        for (unsigned int i = 0; i < nr; i++)
            assert_share(&sims[i], due[i], TURN_NS);
        print_message("  %u moves a second and CPU\n", moves / nr_cpus / 10);
    }
}

/*
 * Hundreds of CPUs and thousands of vCPUs, half of them hogs, half of them
 * sleeping most of the time, some bound to a few CPUs.
 */
static void a_random_crowd_keeps_the_invariants(void **state)
{
    uint64_t used = 0, worst = 0, due;

    (void)state;
    sim_reset(200);
    for (unsigned int i = 0; i < 2000; i++) {
        struct sched_domain *dom = weighing(i % 8, 128 << (i % 3));
        struct sim *v =
            i % 2 ? add(dom, 0, 0) : add(dom, MS / 5, (5 + rnd(40)) * MS);

        v->random = true;
        if (i % 16 >= 12) { /* to 8 of the first 64 CPUs */
            unsigned int first = rnd(8) * 8;

            pin(v, first, first + 7);
        }
    }
    simulate(1000 * MS);
    measure();
    simulate(3000 * MS);
    for (unsigned int i = 0; i < nr; i++) {
        assert_true(sims[i].used_ns > 0); /* nobody starves */
        used += sims[i].used_ns;
        if (sims[i].burst_ns)
            worst = MAX(worst, sims[i].worst_wait_ns);
    }
    due = 3000 * MS * nr_cpus;
    assert_true(used > due - due / 1000); /* no CPU is left idle */
    print_message("longest wait of one that woke: %lu us\n", worst / 1000);
    assert_true(worst < 20 * MS);
}

static void half_idle_nobody_waits(void **state)
{
    (void)state;
    sim_reset(16);
    for (unsigned int i = 0; i < 40; i++)
        add(D, MS / 2, 3 * MS)->random = true;
    for (unsigned int i = 0; i < 6; i++)
        add(D, 0, 0);
    simulate(3000 * MS);
    for (unsigned int i = 0; i < nr; i++)
        if (!sims[i].burst_ns)
            assert_true(sims[i].used_ns > 2700 * MS);
}

static void hard_affinity_divides_the_machine(void **state)
{
    struct sim *v[7];

    (void)state;
    sim_reset(2);
    for (unsigned int i = 0; i < 7; i++) {
        v[i] = add(D, 0, 0);
        if (i < 5)
            pin(v[i], 0, 0); /* five on the first, the others choose */
    }
    simulate(10000 * MS);
    for (unsigned int i = 0; i < 7; i++)
        assert_share(v[i], i < 5 ? 2000 * MS : 5000 * MS, TURN_NS);
}

static void affinity_to_a_cpu_that_left_is_to_all(void **state)
{
    struct sim *v;

    (void)state;
    sim_reset(3);
    v = add(D, 0, 0);
    pin(v, 1, 1);
    cpumask_clear(&sched_online, 1);
    balance_affinity(&v->s);
    assert_int_equal(v->s.allowed.word[0], 5);
    cpumask_set(&sched_online, 1);
    balance_affinity(&v->s);
    assert_int_equal(v->s.allowed.word[0], 2);
}

/* One CPU each, but for those of one group that cannot move. */
static void old_debts_are_forgotten(void **state)
{
    struct sim *h[4];

    (void)state;
    sim_reset(3);
    h[0] = add(D, 0, 0);
    simulate(MS);
    h[1] = add(D, MS, 9 * MS); /* a tenth of its CPU for a long time */
    simulate(20000 * MS);
    h[1]->burst_ns = 0;
    h[2] = add(D, 0, 0);
    h[3] = add(D, 0, 0);
    simulate(500 * MS);
    measure();
    simulate(4000 * MS);
    for (unsigned int i = 0; i < 4; i++)
        assert_share(h[i], 3000 * MS, 2 * TURN_NS);
}

static void waking_beside_hogs_takes_no_time(void **state)
{
    struct sim *io[12];

    (void)state;
    sim_reset(4);
    for (unsigned int i = 0; i < 20; i++)
        add(D, 0, 0);
    simulate(1000 * MS);
    for (unsigned int i = 0; i < ARRAY_SIZE(io); i++) {
        io[i] = add(D, MS / 10, 4 * MS);
        io[i]->random = true;
    }
    simulate(1000 * MS);
    measure();
    simulate(5000 * MS);
    for (unsigned int i = 0; i < ARRAY_SIZE(io); i++)
        assert_true(io[i]->worst_wait_ns < 2 * MS);
}

/* Whatever it does, it gets no more than one that computes all the time. */
static void tricks_do_not_pay(void **state)
{
    static const struct {
        uint64_t burst, sleep;
        bool random, yields;
    } tricks[] = {
        { 10 * MS - 1000, 1000, false, false },
        { 9 * MS, MS / 20, false, false },
        { 2 * MS, MS / 10, true, false },
        { MS / 5, MS / 5, true, false },
        { MS / 2, 0, false, true },
        { 3 * MS, 0, true, true },
        { 100 * MS, 100 * MS, true, false },
    };

    (void)state;
    for (unsigned int cpus_ = 1; cpus_ <= 4; cpus_ += 3) {
        for (unsigned int k = 0; k < ARRAY_SIZE(tricks); k++) {
            struct sim *cheat;

            sim_reset(cpus_);
            for (unsigned int i = 0; i < 3 * cpus_; i++)
                add(D, 0, 0);
            cheat = add(D, tricks[k].burst, tricks[k].sleep);
            cheat->random = tricks[k].random;
            cheat->yields = tricks[k].yields;
            simulate(1000 * MS);
            measure();
            simulate(10000 * MS);
            if (cheat->used_ns >
                10000 * MS * cpus_ / (3 * cpus_ + 1) * 102 / 100)
                fail_msg("trick %u on %u CPUs: %lu ms", k, cpus_,
                         cheat->used_ns / MS);
        }
    }
}

static uint64_t used_by(const struct sched_domain *dom)
{
    uint64_t sum = 0;

    for (unsigned int i = 0; i < nr; i++)
        sum += sims[i].s.dom == dom ? sims[i].used_ns : 0;
    return sum;
}

static const struct {
    const char *why;
    unsigned int cap, vcpus, cpus, others;
    unsigned int due; /* per cent of one CPU */
} caps[] = {
    { "half of a CPU, alone", 50, 1, 1, 0, 50 },
    { "very little", 1, 1, 1, 0, 1 },
    { "little beside hogs", 10, 1, 1, 3, 10 },
    { "the cap is more than the share", 60, 1, 1, 3, 25 },
    { "one CPU's worth on four", 100, 8, 4, 0, 100 },
    { "one and a half CPUs", 150, 2, 4, 0, 150 },
    { "more than there is", 900, 4, 4, 0, 400 },
    { "many vCPUs, small cap", 20, 16, 4, 4, 20 },
};

static void caps_are_kept(void **state)
{
    (void)state;
    for (unsigned int k = 0; k < ARRAY_SIZE(caps); k++) {
        uint64_t due = 100 * MS * caps[k].due, used;

        print_message("%s\n", caps[k].why);
        sim_reset(caps[k].cpus);
        cap_set(&doms[1], caps[k].cap, now);
        for (unsigned int i = 0; i < caps[k].vcpus; i++)
            add(&doms[1], 0, 0);
        for (unsigned int i = 0; i < caps[k].others; i++)
            add(D, 0, 0);
        simulate(1000 * MS);
        measure();
        simulate(10000 * MS);
        used = used_by(&doms[1]);
        if (used > due * 102 / 100 || used < due * 98 / 100)
            fail_msg("%lu ms, due %lu ms", used / MS, due / MS);
        if (caps[k].others)
            assert_true(used + used_by(D) >
                        10000 * MS * caps[k].cpus * 999 / 1000);
    }
}

/* Who sleeps under a cap saves up one period and no more. */
static void a_capped_guest_cannot_save_up(void **state)
{
    struct sim *v;

    (void)state;
    sim_reset(1);
    cap_set(&doms[1], 20, now);
    v = add(&doms[1], 100 * MS, 2000 * MS);
    simulate(12000 * MS);
    assert_true(v->used_ns <= 12000 * MS / 5);
    v->burst_ns = 0;
    simulate(3000 * MS);
    measure();
    simulate(1000 * MS);
    assert_in_range(v->used_ns, 196 * MS, 204 * MS);
}

static void a_cap_can_be_taken_away(void **state)
{
    struct sim *v;

    (void)state;
    sim_reset(1);
    cap_set(&doms[1], 10, now);
    v = add(&doms[1], 0, 0);
    simulate(1000 * MS);
    cap_set(&doms[1], 0, now);
    sim_unpark(1);
    measure();
    simulate(1000 * MS);
    assert_true(v->used_ns > 990 * MS);
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
        cmocka_unit_test(a_random_crowd_keeps_the_invariants),
        cmocka_unit_test(half_idle_nobody_waits),
        cmocka_unit_test(hard_affinity_divides_the_machine),
        cmocka_unit_test(affinity_to_a_cpu_that_left_is_to_all),
        cmocka_unit_test(old_debts_are_forgotten),
        cmocka_unit_test(waking_beside_hogs_takes_no_time),
        cmocka_unit_test(tricks_do_not_pay),
        cmocka_unit_test(caps_are_kept),
        cmocka_unit_test(a_capped_guest_cannot_save_up),
        cmocka_unit_test(a_cap_can_be_taken_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
