/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One CPU's run queue (pure).  Weighted fair sharing: each vCPU has a
 * virtual time, which goes on by the CPU time that it uses, scaled by the
 * inverse of its domain's weight.  Who is furthest behind runs.
 *
 * INVARIANT RQ-1: the queue's floor never goes down, and a vCPU enters the
 * queue at most RUNQ_CREDIT below it: sleeping earns a head start of that
 * much and no more.
 */
#ifndef SCHED_RUNQ_H
#define SCHED_RUNQ_H

#include <hv/lock.h>
#include <hv/pheap.h>
#include <hv/sched.h>

/* Head start of a vCPU that slept, so that it preempts hogs at once. */
#define RUNQ_CREDIT 3000000UL
/* How far behind the running one a vCPU must be to preempt it. */
#define RUNQ_GRANULARITY 250000UL
/* What the queued share out among themselves, and the least for one. */
#define RUNQ_PERIOD_NS 20000000UL
#define RUNQ_SLICE_MIN_NS 1000000UL

struct runq {
    struct lock lock; /* LR_RUNQ: the rest, and what sched_vcpu says */
    struct pheap heap;
    unsigned int nr; /* queued, without the one that runs */
    uint64_t floor;  /* vtime that everybody has reached */
};

/* runq_first - who runs next; NULL: nobody is queued */
static inline struct sched_vcpu *runq_first(const struct runq *q)
{
    return q->heap.root ? container_of(q->heap.root, struct sched_vcpu, node)
                        : NULL;
}

/**
 * runq_charge - @s, which is running, has used the CPU for another @ns
 * @weight: its domain's, 1 to SCHED_WEIGHT_MAX
 *
 * The floor follows the least of all that want to run.
 */
static inline void runq_charge(struct runq *q, struct sched_vcpu *s,
                               uint64_t ns, unsigned int weight)
{
    const struct sched_vcpu *first = runq_first(q);
    uint64_t least;

    if (weight == SCHED_WEIGHT_DEFAULT)
        s->vtime += ns;
    else
        s->vtime += ns * SCHED_WEIGHT_DEFAULT / weight;

    least = first && first->vtime < s->vtime ? first->vtime : s->vtime;
    if (least > q->floor)
        q->floor = least;
}

/* runq_place - bring the vtime of one that slept or moved up to the floor */
void runq_place(const struct runq *q, struct sched_vcpu *s);

/* runq_insert - queue @s by its vtime */
void runq_insert(struct runq *q, struct sched_vcpu *s);

/* runq_remove - take @s off, because it stops or because it will run */
void runq_remove(struct runq *q, struct sched_vcpu *s);

/* runq_preempts - should @s run before @running, charged up to now? */
bool runq_preempts(const struct sched_vcpu *s,
                   const struct sched_vcpu *running);

/* runq_yield - @s, not queued, steps behind the first that is */
void runq_yield(const struct runq *q, struct sched_vcpu *s);

/* runq_slice_ns - how long the next one may run; 0: as long as it likes */
uint64_t runq_slice_ns(const struct runq *q);

/* runq_turn_too_long - should a turn up to @ends be cut to @slice from now? */
static inline bool runq_turn_too_long(uint64_t ends, uint64_t now,
                                      uint64_t slice)
{
    return ends > now + 2 * slice;
}

#endif
