/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers: a heap of deadlines for each CPU, and the one interrupt that is
 * programmed for the earliest.
 *
 * INVARIANT TM-1: whenever a CPU leaves this file, either its heap is empty,
 * or its interrupt is programmed no later than the earliest deadline, or
 * WORK_TIMER is raised there.
 */
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/cpu.h>
#include <hv/irq.h>
#include <hv/lock.h>
#include <hv/timer.h>

#define NOT_PROGRAMMED UINT64_MAX

static struct timer_cpu {
    struct lock lock; /* LR_TIMER: the rest */
    struct pheap heap;
    uint64_t programmed_ns; /* when the interrupt comes; NOT_PROGRAMMED */
} timer_cpus[NR_CPUS];

static struct timer *first_of(const struct timer_cpu *tc)
{
    return tc->heap.root ? container_of(tc->heap.root, struct timer, node)
                         : NULL;
}

void timer_cpu_init(unsigned int cpu)
{
    lock_init(&timer_cpus[cpu].lock, LR_TIMER);
    timer_cpus[cpu].programmed_ns = NOT_PROGRAMMED;
}

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg)
{
    t->fn = fn;
    t->arg = arg;
    t->armed = false;
    t->cpu = 0;
}

void timer_stop(struct timer *t)
{
    struct timer_cpu *tc = &timer_cpus[t->cpu];

    lock_take(&tc->lock);
    if (t->armed) {
        pheap_remove(&tc->heap, &t->node);
        t->armed = false;
    }
    lock_release(&tc->lock);
}

void timer_set(struct timer *t, uint64_t deadline_ns)
{
    struct cpu *c = this_cpu();
    struct timer_cpu *tc = &timer_cpus[c->id];

    ASSERT(t->fn);
    if (t->armed && t->cpu != c->id)
        timer_stop(t);

    lock_take(&tc->lock);
    if (t->armed)
        pheap_remove(&tc->heap, &t->node);
    t->cpu = c->id;
    t->armed = true;
    t->node.key = deadline_ns;
    pheap_insert(&tc->heap, &t->node);

    if (deadline_ns < tc->programmed_ns) {
        /* An interrupt for what is past would only cost time. */
        if (deadline_ns <= now_ns()) {
            work_raise(c, WORK_TIMER);
        } else {
            tc->programmed_ns = deadline_ns;
            lapic_timer_set(deadline_ns);
        }
    }
    lock_release(&tc->lock);
}

/* Make the interrupt fit the heap exactly. */
static void program_locked(struct timer_cpu *tc)
{
    struct timer *t = first_of(tc);
    uint64_t want = t ? t->node.key : NOT_PROGRAMMED;

    if (want == tc->programmed_ns)
        return;
    tc->programmed_ns = want;
    lapic_timer_set(t ? want : 0);
}

void timer_work(void)
{
    struct timer_cpu *tc = &timer_cpus[this_cpu_id()];
    uint64_t now = now_ns();
    struct timer *t;

    lock_take(&tc->lock);
    tc->programmed_ns = NOT_PROGRAMMED; /* it came, perhaps a bit early */
    while ((t = first_of(tc)) && t->node.key <= now) {
        pheap_remove(&tc->heap, &t->node);
        t->armed = false;
        lock_release(&tc->lock);
        t->fn(t->arg);
        lock_take(&tc->lock);
    }
    program_locked(tc);
    lock_release(&tc->lock);
}

void timer_idle(void)
{
    struct timer_cpu *tc = &timer_cpus[this_cpu_id()];

    lock_take(&tc->lock);
    program_locked(tc);
    lock_release(&tc->lock);
}
