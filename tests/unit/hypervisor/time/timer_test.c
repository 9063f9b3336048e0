/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers against a model: a flat array of deadlines.  The interrupts are the
 * test's: TM-1 says that they never come too late.
 */
#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/lock.h>
#include <hv/timer.h>
#include <setjmp.h>
#include <cmocka.h>

#define NR 200
#define CPUS 3
#define NONE UINT64_MAX

struct cpu cpus[NR_CPUS];
struct stack_top fake_top;
void (*lock_released)(void);
static uint64_t now;
static uint64_t interrupts[CPUS]; /* when the LAPIC will fire; NONE */
static unsigned int programmed;

/* Of the CPU on which the test runs. */
#define interrupt interrupts[fake_top.cpu->id]

uint64_t now_ns(void) { return now; }

void lapic_timer_set(uint64_t ns)
{
    interrupt = ns ? ns : NONE;
    programmed++;
}

void panic(const char *fmt, ...)
{
    fail_msg("panic: %s", fmt);
    __builtin_unreachable();
}

static struct timer timers[NR];
static uint64_t model[NR]; /* deadline, or NONE */
static unsigned int model_cpu[NR];
static unsigned int fired;
static uint32_t seed = 1;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static void fires(void *arg)
{
    unsigned int i = (struct timer *)arg - timers;

    assert_true(model[i] <= now); /* not before its time */
    assert_int_equal(model_cpu[i], fake_top.cpu->id);
    for (unsigned int n = 0; n < NR; n++)
        assert_true(model_cpu[n] != model_cpu[i] ||
                    model[i] <= model[n]); /* in order */
    model[i] = NONE;
    fired++;
}

static uint64_t model_first(unsigned int cpu)
{
    uint64_t first = NONE;

    for (unsigned int i = 0; i < NR; i++)
        if (model_cpu[i] == cpu)
            first = MIN(first, model[i]);
    return first;
}

static void be_cpu(unsigned int cpu)
{
    cpus[cpu].id = cpu;
    fake_top.cpu = &cpus[cpu];
}

static int setup(void **state)
{
    (void)state;
    now = 1000;
    for (unsigned int i = CPUS; i-- > 0;) {
        be_cpu(i);
        cpus[i].work = 0;
        interrupt = NONE;
        timer_cpu_init(i);
    }
    fired = programmed = 0;
    for (unsigned int i = 0; i < NR; i++) {
        timer_init(&timers[i], fires, &timers[i]);
        model[i] = NONE;
        model_cpu[i] = 0;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < NR; i++)
        timer_stop(&timers[i]);
    return 0;
}

/* What the exit path does when the interrupt has come or work is raised. */
static void run_work(void)
{
    struct cpu *c = this_cpu();

    if (interrupt <= now) {
        interrupt = NONE;
        work_raise(c, WORK_TIMER);
    }
    if (c->work & 1U << WORK_TIMER) {
        c->work = 0;
        timer_work();
    }
}

static void check_tm1(void)
{
    for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
        uint64_t first = model_first(cpu);

        if (first != NONE)
            assert_true(interrupts[cpu] <= first ||
                        (cpus[cpu].work & 1U << WORK_TIMER));
    }
}

static void random_timers(unsigned int nr_cpus)
{
    for (unsigned int step = 0; step < 20000; step++) {
        unsigned int i = rnd(NR);

        be_cpu(rnd(nr_cpus));
        switch (rnd(4)) {
        case 0:
        case 1:
            model[i] = now + rnd(5000);
            model_cpu[i] = fake_top.cpu->id;
            timer_set(&timers[i], model[i]);
            break;
        case 2:
            model[i] = NONE;
            timer_stop(&timers[i]);
            break;
        case 3:
            now += rnd(300);
            run_work();
            assert_true(model_first(fake_top.cpu->id) > now); /* none left */
            break;
        }
        assert_int_equal(timers[i].armed, model[i] != NONE);
        check_tm1();
    }
    assert_true(fired > 1000);
}

static void random_timers_follow_the_model(void **state)
{
    (void)state;
    random_timers(1);
}

static void arming_elsewhere_moves_a_timer(void **state)
{
    (void)state;
    random_timers(CPUS);
}

/* A CPU that leaves has no timer any more, the others as many as before. */
static void timers_of_a_cpu_are_taken_over(void **state)
{
    (void)state;
    for (unsigned int round = 0; round < 10; round++) {
        unsigned int leaver = rnd(CPUS);

        random_timers(CPUS);
        be_cpu((leaver + 1) % CPUS);
        timer_take_over(leaver);
        for (unsigned int i = 0; i < NR; i++)
            if (model_cpu[i] == leaver)
                model_cpu[i] = fake_top.cpu->id;
        check_tm1();
        now += 5000;
        run_work();
        assert_int_equal(model_first(fake_top.cpu->id), NONE);
    }
}

static void past_deadline_needs_no_interrupt(void **state)
{
    (void)state;
    model[0] = now - 1;
    timer_set(&timers[0], model[0]);
    assert_int_equal(programmed, 0);
    assert_true(cpus[0].work & 1U << WORK_TIMER);
    run_work();
    assert_int_equal(fired, 1);
}

static void rearming_replaces_the_deadline(void **state)
{
    (void)state;
    timer_set(&timers[0], now + 100);
    model[0] = now + 500;
    timer_set(&timers[0], model[0]);
    now += 200;
    run_work();
    assert_int_equal(fired, 0);
    now += 300;
    run_work();
    assert_int_equal(fired, 1);
    assert_false(timers[0].armed);
}

/* The LAPIC's counter is short: it fires early for distant deadlines. */
static void early_interrupt_is_programmed_again(void **state)
{
    (void)state;
    model[0] = now + 1000000;
    timer_set(&timers[0], model[0]);
    now += 400000;
    interrupt = now;
    run_work();
    assert_int_equal(fired, 0);
    assert_int_equal(interrupt, model[0]);
}

static void putting_off_costs_nothing_until_idle(void **state)
{
    (void)state;
    model[0] = now + 100;
    timer_set(&timers[0], model[0]);
    model[0] = now + 100000;
    timer_set(&timers[0], model[0]);
    assert_int_equal(programmed, 1);
    timer_idle();
    assert_int_equal(interrupt, model[0]);
    timer_stop(&timers[0]);
    timer_idle();
    assert_true(interrupt == NONE);
}

static void rearms_itself(void *arg)
{
    timer_set(arg, now + 50);
    fired++;
}

static void timer_may_rearm_itself(void **state)
{
    struct timer t;

    (void)state;
    timer_init(&t, rearms_itself, &t);
    timer_set(&t, now + 50);
    for (unsigned int i = 0; i < 10; i++) {
        now += 50;
        run_work();
    }
    assert_int_equal(fired, 10);
    timer_stop(&t);
}

static struct timer elsewhere;

/* The rest of its handler on another CPU, which had to wait for the lock. */
static void arms_again_and_ends(void)
{
    lock_released = NULL;
    timer_set(&elsewhere, now + 50);
    elsewhere.firing = 0;
}

/* Who stops a timer may free it, whatever its handler was about to do. */
static void stopping_outlasts_the_handler(void **state)
{
    (void)state;
    timer_init(&elsewhere, rearms_itself, &elsewhere);
    elsewhere.firing = 1;
    lock_released = arms_again_and_ends;
    timer_stop(&elsewhere);
    assert_null(lock_released);
    assert_false(elsewhere.armed);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(random_timers_follow_the_model),
        TEST(arming_elsewhere_moves_a_timer),
        TEST(timers_of_a_cpu_are_taken_over),
        TEST(past_deadline_needs_no_interrupt),
        TEST(rearming_replaces_the_deadline),
        TEST(early_interrupt_is_programmed_again),
        TEST(putting_off_costs_nothing_until_idle),
        TEST(timer_may_rearm_itself),
        TEST(stopping_outlasts_the_handler),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
