/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scheduler (sched/). */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/list.h>
#include <hv/types.h>

struct domain;
struct vcpu;

struct sched_vcpu {
    struct list link;      /* run queue; LR_RUNQ */
    bool queued, running;
    bool blocked;          /* SCHEDOP_block or poll */
    bool up;               /* VCPUOP_up */
    bool yielded;
    unsigned int pause_count;
    unsigned int cpu;      /* whose run queue */
    uint64_t vtime_ns;     /* weighted virtual time used */
    uint64_t started_ns;   /* when it was last put on a CPU */
};

struct sched_domain {
    uint16_t weight; /* 1-65535, default 256 */
    uint16_t cap;    /* per cent of one CPU, 0 none */
};

void sched_init(void);
int sched_vcpu_init(struct vcpu *v);
void sched_vcpu_destroy(struct vcpu *v);

/* vcpu_runnable - up, not blocked, not paused, domain not paused */
bool vcpu_runnable(const struct vcpu *v);

/* vcpu_wake - something may have made @v runnable: queue it if so */
void vcpu_wake(struct vcpu *v);

/**
 * vcpu_sleep - @v may no longer be runnable: take it off
 *
 * If it is current here, WORK_SCHED is raised and it leaves at the exit.
 */
void vcpu_sleep(struct vcpu *v);

/* vcpu_unblock - end SCHEDOP_block or poll, and wake */
void vcpu_unblock(struct vcpu *v);

/* schedule - WORK_SCHED: pick, idle if need be, vcpu_switch_to() */
void schedule(void);

#endif
