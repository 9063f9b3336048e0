/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers: a heap of deadlines for each CPU, and the one interrupt that is
 * programmed for the earliest.
 *
 * INVARIANT TM-1: whenever a CPU leaves this file, either its heap is empty,
 * or its interrupt is programmed no later than the earliest deadline, or
 * WORK_TIMER is raised there.
 *
 * A timer is in the heap of the CPU that armed it last and fires there,
 * wherever the vCPU that it belongs to is by then.
 *
 * INVARIANT TM-2: timer.cpu changes only under the lock of the CPU that it
 * names, and while the timer is in no heap.
 */
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/cpu.h>
#include <hv/irq.h>
#include <hv/lock.h>
#include <hv/spin.h>
#include <hv/timer.h>

#define NOT_PROGRAMMED UINT64_MAX

static struct timer_cpu {
    struct lock lock; /* LR_TIMER: the rest */
    struct pheap heap;
    uint64_t programmed_ns; /* when the interrupt comes; NOT_PROGRAMMED */
} timer_cpus[NR_CPUS];

/* Lock the heap that @t belongs to. */
static struct timer_cpu *lock_home(const struct timer *t)
{
    for (;;) {
        unsigned int cpu = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED);

        lock_take(&timer_cpus[cpu].lock);
        if (likely(t->cpu == cpu))
            return &timer_cpus[cpu];
        lock_release(&timer_cpus[cpu].lock);
    }
}

static void disarm_locked(struct timer_cpu *tc, struct timer *t)
{
    if (t->armed)
        pheap_remove(&tc->heap, &t->node);
    t->armed = false;
}

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
    t->firing = 0;
    t->cpu = this_cpu_id();
}

/*
 * Its handler may be running elsewhere, and may arm it again: only who sees
 * under the lock that it does not has disarmed it for good.
 */
void timer_stop(struct timer *t)
{
    for (;;) {
        struct timer_cpu *tc = lock_home(t);
        uint32_t firing = __atomic_load_n(&t->firing, __ATOMIC_ACQUIRE);

        disarm_locked(tc, t);
        lock_release(&tc->lock);
        if (likely(!firing))
            return;
        spin_relax();
    }
}

void timer_set(struct timer *t, uint64_t deadline_ns)
{
    struct cpu *c = this_cpu();
    struct timer_cpu *tc = lock_home(t);

    ASSERT(t->fn);
    disarm_locked(tc, t);
    while (t->cpu != c->id) {
        __atomic_store_n(&t->cpu, c->id, __ATOMIC_RELAXED); /* TM-2 */
        lock_release(&tc->lock);
        tc = lock_home(t);
        disarm_locked(tc, t);
    }
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
        __atomic_fetch_add(&t->firing, 1, __ATOMIC_RELAXED);
        lock_release(&tc->lock);
        t->fn(t->arg);
        __atomic_fetch_sub(&t->firing, 1, __ATOMIC_RELEASE);
        lock_take(&tc->lock);
    }
    program_locked(tc);
    lock_release(&tc->lock);
}

/* No lock: all CPUs but this one are held, none in this file. */
void timer_take_over(unsigned int cpu)
{
    struct timer_cpu *from = &timer_cpus[cpu];
    struct timer_cpu *to = &timer_cpus[this_cpu_id()];
    struct timer *t;

    while ((t = first_of(from))) {
        pheap_remove(&from->heap, &t->node);
        t->cpu = this_cpu_id(); /* TM-2 */
        pheap_insert(&to->heap, &t->node);
    }
    program_locked(to);
}

void timer_idle(void)
{
    struct timer_cpu *tc = &timer_cpus[this_cpu_id()];

    lock_take(&tc->lock);
    program_locked(tc);
    lock_release(&tc->lock);
}
