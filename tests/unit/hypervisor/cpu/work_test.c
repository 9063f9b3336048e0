/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a long operation has to stop. */
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/mm.h>
#include <hv/sched.h>
#include <hv/timer.h>
#include <hv/trap.h>
#include <x86/insn.h>
#include <setjmp.h>
#include <cmocka.h>

struct cpu cpus[NR_CPUS];
struct stack_top fake_top = { .cpu = &cpus[0] };
static unsigned int windows;
static uint32_t comes; /* work that an interrupt raises */

void sti_window(void)
{
    windows++;
    cpus[0].work |= comes;
}

void stretch_mark(bool counts) { (void)counts; }
void pause_cpu(void) {}
void tlb_answer(void) {}
void tlb_answer_all(void) {}
void smp_hold_here(void) {}
void timer_work(void) {}
void console_key_work(void) {}
void console_dump_here(void) {}
void bounce_failsafe(void) {}
void schedule(void) {}
void nmi_work(void) {}

static void at_once_for_what_an_interrupt_brings(void **state)
{
    (void)state;
    windows = 0;
    comes = 1U << WORK_SCHED;
    for (unsigned int i = 0; i < 1000; i++)
        assert_true(preempt_needed());
    assert_int_equal(windows, 1000);
    comes = cpus[0].work = 0;
}

/* A vCPU that is alone on its CPU is never interrupted: what it has locked
 * must not stay so until it is through with all of a guest's tables. */
static void now_and_then_for_nothing(void **state)
{
    unsigned int stops = 0;

    (void)state;
    for (unsigned int i = 0; i < 100000; i++)
        stops += preempt_needed();
    assert_in_range(stops, 100000 / 256, 100000 / 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_once_for_what_an_interrupt_brings),
        cmocka_unit_test(now_and_then_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
