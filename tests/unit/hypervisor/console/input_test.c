/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keyboard: to whom it goes, and keys that two CPUs want to run. */
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/evtchn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "../../../../hypervisor/console/local.h"

struct cpu cpus[NR_CPUS];
struct stack_top fake_top = { .cpu = &cpus[0] };
static unsigned int keys_run, raised, others;

/* Before a CPU gets the lock, others may have had it. */
void console_lock(void)
{
    if (others) {
        others--;
        console_key_work();
    }
}

void console_unlock(void) {}

void console_key(char c)
{
    assert_int_equal(c, 'k');
    assert_true(++keys_run <= 2);
}

void log_tell_readers(void) {}

void log_print(enum log_level level, const char *fmt, ...)
{
    (void)level, (void)fmt;
}

void virq_raise_global(unsigned int virq)
{
    assert_int_equal(virq, VIRQ_CONSOLE);
    raised++;
}

static void switch_focus(void)
{
    for (unsigned int i = 0; i < 3; i++)
        console_receive(1);
}

static int setup(void **state)
{
    (void)state;
    keys_run = raised = others = 0;
    cpus[0].work = 0;
    return 0;
}

static void bytes_go_to_dom0(void **state)
{
    char buf[4];

    (void)state;
    console_receive('a');
    console_receive('b');
    assert_int_equal(raised, 2);
    assert_int_equal(input_read(buf, sizeof(buf)), 2);
    assert_memory_equal(buf, "ab", 2);
    assert_int_equal(input_read(buf, sizeof(buf)), 0);
    assert_int_equal(cpus[0].work, 0);
}

static void a_key_is_run_once(void **state)
{
    (void)state;
    switch_focus();
    for (unsigned int n = 1; n <= 2; n++) {
        for (unsigned int i = 0; i < n; i++)
            console_receive('k');
        assert_int_equal(cpus[0].work, 1U << WORK_KEY);
        keys_run = 0;
        others = 1;
        console_key_work();
        assert_int_equal(keys_run, n);
        console_key_work();
        assert_int_equal(keys_run, n);
    }
    switch_focus();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bytes_go_to_dom0, setup),
        cmocka_unit_test_setup(a_key_is_run_once, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
