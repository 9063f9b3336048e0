/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The micro-benchmarks: every row of every group, the best of REPEATS runs.
 *
 * A line `BENCH name=NAME cycles=N` for each; `BENCH name=NAME error=RC` if
 * the operation did not return what it must.  Row "harness" is an operation
 * that does nothing: its cycles are in every other row as well.
 */
#include <xen/callback.h>
#include <xen/sched.h>
#include <pv/guest.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/printf.h>
#include <pv/shutdown.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/trap.h>
#include <pv/user.h>
#include "bench.h"

#define REPEATS 12

static uint8_t frames[NR_FRAMES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static const struct group *const groups[] = {
    &group_call, &group_event,      &group_map,   &group_table,  &group_trap,
    &group_user, &group_privileged, &group_grant, &group_memory, &group_vcpu,
};

void bench_must(const char *what, long rc, long want)
{
    if (rc == want)
        return;
    pv_printf("BENCH failed: %s: rc %ld\n", what, rc);
    pv_shutdown(SHUTDOWN_crash);
}

void bench_gate(unsigned int vector, const char *stub)
{
    struct trap_info table[2] = { {
        .vector = (uint8_t)vector,
        .flags = vector == TRAP_BP || vector == TRAP_INT80 ? 3 : 0,
        .cs = FLAT_KERNEL_CS,
        .address = (uintptr_t)stub,
    } };

    bench_must("set_trap_table", hc_set_trap_table(table), 0);
}

void bench_callback(unsigned int type, const char *stub)
{
    struct callback_register reg = {
        .type = (uint16_t)type,
        .flags = CALLBACKF_mask_events,
        .address = (uintptr_t)stub,
    };

    bench_must("callback_op", hc_callback_op(CALLBACKOP_register, &reg), 0);
}

void *bench_frame(unsigned int i) { return frames[i]; }

uint64_t *bench_page_table(const uint64_t *from)
{
    uint64_t *table = page_alloc();

    memcpy(table, from, PAGE_SIZE);
    bench_must("protecting a table", page_protect(table), 0);
    return table;
}

uint64_t *bench_full_l1(void)
{
    uint64_t *table = page_alloc();

    for (unsigned int i = 0; i < NR_FRAMES; i++)
        table[i] = pte_of(frames[i], PTE_USER_RW);
    bench_must("protecting a table", page_protect(table), 0);
    return table;
}

static long nothing(void) { return 0; }

static uint64_t once(const struct row *r, long *rc)
{
    uint64_t start, cycles;

    if (r->before)
        r->before();
    if (r->measure) {
        cycles = r->measure();
    } else {
        start = insn_rdtsc();
        *rc = r->op();
        cycles = insn_rdtsc() - start;
    }
    if (r->after)
        r->after();
    return cycles;
}

static void run_row(const struct row *r)
{
    uint64_t best = ~0ull;
    long rc = r->want;

    for (unsigned int i = 0; i < REPEATS && rc == r->want; i++) {
        uint64_t cycles = once(r, &rc);

        if (cycles < best)
            best = cycles;
    }
    if (rc == r->want)
        pv_printf("BENCH name=%s cycles=%lu\n", r->name, best);
    else
        pv_printf("BENCH name=%s error=%ld\n", r->name, rc);
}

static void run_group(const struct group *g, const char *only)
{
    if (g->begin)
        g->begin();
    for (unsigned int i = 0; i < g->nr_rows; i++)
        if (str_begins(g->rows[i].name, only))
            run_row(&g->rows[i]);
    if (g->end)
        g->end();
}

void guest_main(struct start_info *si)
{
    static const struct row harness = { .name = "harness", .op = nothing };
    char only[64] = "";

    pv_start(si);
    bench_must("user_init", user_init(), 0);
    pv_word("only", only, sizeof(only));
    run_row(&harness);
    for (unsigned int i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        run_group(groups[i], only);
    pv_printf("BENCH done\n");
    pv_shutdown(SHUTDOWN_poweroff);
}
