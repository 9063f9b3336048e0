/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scheduler (sched/). */
#pragma once

#include <hv/cpumask.h>
#include <hv/lock.h>
#include <hv/pheap.h>
#include <hv/timer.h>
#include <hv/types.h>

struct domain;
struct vcpu;
struct vcpu_runstate_info;

#define SCHED_WEIGHT_DEFAULT 256
#define SCHED_WEIGHT_MAX 65535

struct sched_domain {
    uint16_t weight;     /* 1 to SCHED_WEIGHT_MAX */
    uint16_t cap;        /* per cent of one CPU for all vCPUs, 0 none */
    struct lock lock;    /* LR_CAP: the next two */
    int64_t budget_ns;   /* may be used at once; negative: was used too much */
    uint64_t filled_ns;  /* up to when the budget has grown */
    struct timer refill; /* when those go on that wait for budget */
};

struct sched_vcpu {
    struct pheap_node node; /* run queue, by vtime; LR_RUNQ */
    bool queued, running;   /* LR_RUNQ; never both */
    bool blocked;           /* SCHEDOP_block or poll */
    bool up;                /* VCPUOP_up */
    bool yielded;
    bool parked;         /* its domain's cap is used up; LR_RUNQ */
    unsigned int cpu;    /* whose run queue; changes under that queue's lock */
    uint64_t vtime;      /* CPU time used, ns * 256 / weight; LR_RUNQ */
    uint64_t started_ns; /* up to when vtime is counted, while running */
    struct sched_domain *dom;
    struct timer poll_timer; /* time limit of SCHEDOP_poll */

    /* LR_RUNQ; the first two as the toolstack set them. */
    struct cpumask hard_affinity, soft_affinity;
    struct cpumask allowed;   /* hard, online; all online if none of it is */
    struct cpumask preferred; /* of these the soft; all if none of it is */
};

/**
 * sched_init - prepare the run queue of the calling CPU
 *
 * On the boot CPU it is open for vCPUs at once.
 */
void sched_init(void);

/**
 * sched_cpu_online - CPU @cpu, ready for schedule(), runs vCPUs from now on
 * sched_cpu_offline - no vCPU comes to CPU @cpu any more, and those there go
 *
 * A vCPU that may run on no CPU that is online may run on all of them.
 * Called while all other CPUs are held.
 */
void sched_cpu_online(unsigned int cpu);
void sched_cpu_offline(unsigned int cpu);

/* sched_cpu_empty - after sched_cpu_offline(): has the last vCPU gone? */
bool sched_cpu_empty(unsigned int cpu);

/* sched_domain_init - default weight, no cap; before the first vCPU */
void sched_domain_init(struct domain *d);

/* sched_domain_destroy - stop its timer; its vCPUs do not run any more */
void sched_domain_destroy(struct domain *d);

/**
 * sched_domain_set - give @d another share of the CPUs, at once
 * @weight: 1 to SCHED_WEIGHT_MAX, 0: as it is
 * @cap: in per cent of one CPU, 0 none
 */
void sched_domain_set(struct domain *d, uint16_t weight, uint16_t cap);

/**
 * sched_vcpu_init - scheduling state and run state of a new vCPU
 *
 * It is not up, so it will not run.  Returns 0.
 */
int sched_vcpu_init(struct vcpu *v);

/* sched_vcpu_destroy - stop its timer; it is not queued, not running */
void sched_vcpu_destroy(struct vcpu *v);

/**
 * vcpu_wake - something may have made @v runnable: queue it if so
 *
 * Where it is queued, that CPU is told.
 */
void vcpu_wake(struct vcpu *v);

/**
 * vcpu_sleep - @v may no longer be runnable: take it off
 *
 * Does not wait.  If it runs, its CPU is told; if that is here, it leaves at
 * the exit.
 */
void vcpu_sleep(struct vcpu *v);

/**
 * vcpu_wait_stopped - wait until @v, put to sleep, does not run any more
 *
 * Afterwards no CPU holds its registers or tables.  Never for the calling
 * vCPU.  Locks: none may be held, a vCPU that is to stop may want it.
 */
void vcpu_wait_stopped(struct vcpu *v);

/**
 * vcpu_set_affinity - say where @v may run, and where it should
 * @hard, @soft: sets of CPUs, or NULL: stays as it is
 *
 * Takes it off a CPU that it must not use any more; does not wait for that.
 * Returns: 0; -EINVAL no CPU of a set is online.
 */
int vcpu_set_affinity(struct vcpu *v, const struct cpumask *hard,
                      const struct cpumask *soft);

/* vcpu_effective_affinity - where @v may run, and where of that it should */
void vcpu_effective_affinity(struct vcpu *v, struct cpumask *hard,
                             struct cpumask *soft);

/* vcpu_get_runstate - the times up to now of any vCPU */
void vcpu_get_runstate(struct vcpu *v, struct vcpu_runstate_info *out);

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
