/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a CPU has to do before it goes back to a guest. */
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/mm.h>
#include <hv/sched.h>
#include <hv/spin.h>
#include <hv/timer.h>
#include <hv/trap.h>
#include <x86/insn.h>

/* So often a long operation looks at most before it stops although nothing
 * is to do: others may wait, interrupts off, for a frame that it has locked. */
#define LOOKS_MAX 64

/* By enum work; a CPU that runs a guest has no idle vCPU to unload. */
static void (*const jobs[])(void) = {
    [WORK_HOLD] = smp_hold_here,     [WORK_TIMER] = timer_work,
    [WORK_KEY] = console_key_work,   [WORK_TLB] = tlb_answer_all,
    [WORK_DUMP] = console_dump_here, [WORK_SEGS] = bounce_failsafe,
    [WORK_SCHED] = schedule,         [WORK_NMI] = nmi_work,
};

static_assert(ARRAY_SIZE(jobs) == WORK_UNLOAD, "the last one has no job");

void work_run(void)
{
    uint32_t work = __atomic_exchange_n(&this_cpu()->work, 0, __ATOMIC_ACQUIRE);

    for (work &= (1U << WORK_UNLOAD) - 1; work; work &= work - 1)
        jobs[__builtin_ctz(work)]();
}

void spin_relax(void)
{
    struct cpu *c = this_cpu();

    pause_cpu();
    if ((__atomic_load_n(&c->work, __ATOMIC_RELAXED) & 1U << WORK_TLB) ||
        __atomic_load_n(&c->tlb_page, __ATOMIC_RELAXED))
        tlb_answer();
}

void spin_wait(void)
{
    struct cpu *c = this_cpu();
    const uint32_t hold = 1U << WORK_HOLD;

    spin_relax();
    if ((__atomic_load_n(&c->work, __ATOMIC_RELAXED) & hold) &&
        (__atomic_fetch_and(&c->work, ~hold, __ATOMIC_ACQUIRE) & hold))
        smp_hold_here();
}

bool preempt_needed(void)
{
    struct cpu *c = this_cpu();

    stretch_mark(true);
    sti_window();
    return __atomic_load_n(&c->work, __ATOMIC_RELAXED) ||
           ++c->looks % LOOKS_MAX == 0;
}
