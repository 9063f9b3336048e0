/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a CPU has to do before it goes back to a guest. */
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/mm.h>
#include <hv/sched.h>
#include <hv/timer.h>
#include <hv/trap.h>
#include <x86/insn.h>

/* In this order: scheduling last, it has to see what the others woke. */
static const struct {
    enum work bit;
    void (*fn)(void);
} jobs[] = {
    { WORK_TIMER, timer_work },    { WORK_KEY, console_key_work },
    { WORK_TLB, tlb_flush_local }, { WORK_SEGS, bounce_failsafe },
    { WORK_SCHED, schedule },
};

void work_run(void)
{
    uint32_t work = __atomic_exchange_n(&this_cpu()->work, 0, __ATOMIC_ACQUIRE);

    for (unsigned int i = 0; i < ARRAY_SIZE(jobs); i++)
        if (work & (1U << jobs[i].bit))
            jobs[i].fn();
}

bool preempt_needed(void)
{
    sti_window();
    return __atomic_load_n(&this_cpu()->work, __ATOMIC_RELAXED);
}
