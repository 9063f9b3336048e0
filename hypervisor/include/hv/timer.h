/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deadlines on this CPU (time/timer.c). */
#pragma once

#include <hv/pheap.h>
#include <hv/types.h>

struct timer {
    struct pheap_node node; /* its key: deadline, ns of system time */
    void (*fn)(void *arg);
    void *arg;
    bool armed;       /* in the heap of @cpu; LR_TIMER of that CPU */
    unsigned int cpu; /* where it was armed last */
    uint32_t firing;  /* CPUs that run its handler; atomic */
};

/* timer_cpu_init - prepare the heap of CPU @cpu, before any timer_set() */
void timer_cpu_init(unsigned int cpu);

/**
 * timer_init - @fn(@arg) runs on the CPU that armed it, interrupts off
 *
 * The handler may arm the timer again, and must not free it.  If another CPU
 * arms it meanwhile, it may run there at the same time.
 */
void timer_init(struct timer *t, void (*fn)(void *arg), void *arg);

/**
 * timer_set - (re-)arm on the calling CPU, wherever it was armed before
 * @deadline_ns: system time; one that is past fires at the next exit
 */
void timer_set(struct timer *t, uint64_t deadline_ns);

/**
 * timer_stop - disarm; harmless if it is not armed
 *
 * Waits for the handler, so never from there, nor with a lock that it takes.
 */
void timer_stop(struct timer *t);

/* timer_work - run what is due, program the next (WORK_TIMER) */
void timer_work(void);

/**
 * timer_idle - program the interrupt exactly, before a long halt
 *
 * A busy CPU leaves an interrupt too early in place when a timer is stopped
 * or put off: taking it may never happen, programming always costs.
 */
void timer_idle(void);

/* timer_take_over - move all timers of CPU @cpu here; all others are held */
void timer_take_over(unsigned int cpu);
