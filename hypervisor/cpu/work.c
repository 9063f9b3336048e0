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

/*
 * In this order: scheduling has to see what others woke, and an NMI is for
 * whom it chose.
 */
static const struct {
    enum work bit;
    void (*fn)(void);
} jobs[] = {
    { WORK_HOLD, smp_hold_here },     { WORK_TIMER, timer_work },
    { WORK_KEY, console_key_work },   { WORK_TLB, tlb_answer_all },
    { WORK_DUMP, console_dump_here }, { WORK_SEGS, bounce_failsafe },
    { WORK_SCHED, schedule },         { WORK_NMI, nmi_work },
};

void work_run(void)
{
    uint32_t work = __atomic_exchange_n(&this_cpu()->work, 0, __ATOMIC_ACQUIRE);

    for (unsigned int i = 0; i < ARRAY_SIZE(jobs); i++)
        if (work & (1U << jobs[i].bit))
            jobs[i].fn();
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
    stretch_mark(true);
    sti_window();
    return __atomic_load_n(&this_cpu()->work, __ATOMIC_RELAXED);
}
