/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The self-tests: the list, and the loop over it.
 *
 * Words of the command line: only=PREFIX runs the tests whose names begin
 * with it, list prints the names, verbose names each test before it runs.
 */
#include <stdarg.h>
#include <xen/sched.h>
#include <pv/audit.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/guest.h>
#include <pv/printf.h>
#include <pv/shutdown.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/test.h>
#include <pv/trap.h>
#include "list.h"

#define X(id) extern const struct test test_##id;
TEST_LIST(X)
#undef X

static const struct test *const tests[] = {
#define X(id) &test_##id,
    TEST_LIST(X)
#undef X
};

static const struct test *running;
static struct landing abandon;
static bool failed, skipped;

static void report(const char *word, const char *fmt, va_list ap)
{
    char why[256];

    pv_vsnprintf(why, sizeof(why), fmt, ap);
    pv_printf("%s %s: %s\n", word, running->name, why);
}

void test_fail(const char *fmt, ...)
{
    va_list ap;

    failed = true;
    va_start(ap, fmt);
    report("FAIL", fmt, ap);
    va_end(ap);
}

void test_skip(const char *fmt, ...)
{
    va_list ap;

    skipped = true;
    va_start(ap, fmt);
    report("SKIP", fmt, ap);
    va_end(ap);
    land_jump(&abandon, 1);
}

void test_eq(const char *what, uint64_t got, uint64_t want)
{
    if (got == want)
        return;
    if (got + 4095 <= 8190 && want + 4095 <= 8190)
        test_fail("%s: got %ld, want %ld", what, (long)got, (long)want);
    else
        test_fail("%s: got %lx, want %lx", what, got, want);
}

void test_ok(const char *what, bool ok)
{
    if (!ok)
        test_fail("%s", what);
}

/* A trap that nobody waits for ends the test that runs, not the guest. */
static void surprise(const struct cpu_user_regs *regs)
{
    struct cpu *cpu = cpu_self();

    if (!running || cpu->id)
        return;
    test_fail("unexpected trap %x error %x rip %lx cr2 %lx", regs->entry_vector,
              regs->error_code, regs->rip, cpu->info->arch.cr2);
    cpu->catching = NULL;
    cpu->user = NULL;
    cpu->info->evtchn_upcall_mask = 1;
    land_jump(&abandon, 1);
}

/* Only the initial domain may ask; another hypervisor may not answer. */
static void check_frames(void)
{
    long n = pv_is_dom0() ? audit() : 0;

    if (n > 0)
        test_fail("the auditor found %ld violations", n);
}

static void run_one(const struct test *t, unsigned int *results)
{
    running = t;
    failed = false;
    skipped = false;
    if (!land_set(&abandon))
        t->run();
    check_frames();
    running = NULL;
    if (failed)
        results[1]++;
    else if (skipped)
        results[2]++;
    else
        results[0]++;
    if (!failed && !skipped)
        pv_printf("PASS %s\n", t->name);
}

/* Tests count events: what the console and the store send is not theirs. */
static void mask_services(void)
{
    if (pv_is_dom0())
        return;
    evtchn_set_mask(pv_start_info->console.domU.evtchn, true);
    evtchn_set_mask(pv_start_info->store_evtchn, true);
}

void guest_main(struct start_info *si)
{
    unsigned int results[3] = { 0 };
    char only[64] = "", word[4];
    bool list, verbose;

    pv_start(si);
    trap_set_unexpected(surprise);
    mask_services();
    pv_word("only", only, sizeof(only));
    list = pv_word("list", word, sizeof(word));
    verbose = pv_word("verbose", word, sizeof(word));

    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (!str_begins(tests[i]->name, only))
            continue;
        if (list || verbose)
            pv_printf("TEST %s\n", tests[i]->name);
        if (!list)
            run_one(tests[i], results);
    }
    pv_printf("SELFTEST: %u passed, %u failed, %u skipped\n", results[0],
              results[1], results[2]);
    pv_shutdown(SHUTDOWN_poweroff);
}
