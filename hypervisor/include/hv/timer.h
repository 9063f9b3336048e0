/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deadlines on this CPU (time/timer.c). */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include <hv/types.h>

struct timer {
    uint64_t deadline_ns; /* system time */
    void (*fn)(void *arg);
    void *arg;
    int heap_index; /* -1: not armed */
    unsigned int cpu;
};

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg);

/* timer_set - (re-)arm on the calling CPU; a past deadline fires at once */
void timer_set(struct timer *t, uint64_t deadline_ns);
void timer_stop(struct timer *t);

/* timer_work - run what is due, program the next (WORK_TIMER) */
void timer_work(void);

#endif
