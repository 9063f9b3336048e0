/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scheduler (sched/). */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <hv/layout.h>
#include <hv/pheap.h>
#include <hv/timer.h>
#include <hv/types.h>

struct domain;
struct vcpu;

#define SCHED_WEIGHT_DEFAULT 256
#define SCHED_WEIGHT_MAX 65535

struct sched_vcpu {
    struct pheap_node node; /* run queue, by vtime; LR_RUNQ */
    bool queued, running;   /* LR_RUNQ; never both */
    bool blocked;           /* SCHEDOP_block or poll */
    bool up;                /* VCPUOP_up */
    bool yielded;
    unsigned int pause_count;
    unsigned int cpu;        /* whose run queue */
    uint64_t vtime;          /* CPU time used, ns * 256 / weight; LR_RUNQ */
    uint64_t started_ns;     /* up to when vtime is counted, while running */
    struct timer poll_timer; /* time limit of SCHEDOP_poll */
    uint8_t hard_affinity[NR_CPUS / 8]; /* CPUs allowed, and preferred */
    uint8_t soft_affinity[NR_CPUS / 8];
};

struct sched_domain {
    uint16_t weight; /* 1-65535, 0 means the default of 256 */
    uint16_t cap;    /* per cent of one CPU, 0 none: the only one so far */
};

/* sched_init - the boot CPU's run queue; before the first vCPU */
void sched_init(void);

/**
 * sched_vcpu_init - scheduling state and run state of a new vCPU
 *
 * It is not up, so it will not run.  Returns 0.
 */
int sched_vcpu_init(struct vcpu *v);

/* sched_vcpu_destroy - stop its timer; it is not queued, not running */
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

/**
 * schedule - WORK_SCHED: pick, idle if need be, vcpu_switch_to()
 *
 * Called at the exit path with interrupts off; returns with a vCPU that may
 * run loaded.  While it idles, current_vcpu() is only left over.
 */
void schedule(void);

/* sched_idle_ns - how long CPU @cpu has been idle since boot */
uint64_t sched_idle_ns(unsigned int cpu);

/* sched_dump - debug key: what is queued where */
void sched_dump(void);

#endif
