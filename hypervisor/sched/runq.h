/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One CPU's run queue (pure).  Weighted fair sharing: each vCPU has a
 * virtual time, which goes on by the CPU time that it uses, scaled by the
 * inverse of its domain's weight.  Who is furthest behind runs.
 *
 * INVARIANT RQ-1: the queue's floor goes down only while nobody waits in it,
 * and a vCPU that slept enters at most RUNQ_CREDIT_NS of its own CPU time
 * below it: sleeping earns a head start of that much and no more.
 */
#pragma once

#include <hv/lock.h>
#include <hv/pheap.h>
#include <hv/sched.h>

/* Head start of a vCPU that slept, so that it preempts hogs at once. */
#define RUNQ_CREDIT_NS 3000000UL
/* What a vCPU that comes from elsewhere may at most be ahead, likewise. */
#define RUNQ_LEAD_NS 50000000UL
/* How far behind the running one a vCPU must be to preempt it, likewise. */
#define RUNQ_GRANULARITY_NS 250000UL
/* What the queued share out among themselves, and the least for one. */
#define RUNQ_PERIOD_NS 20000000UL
#define RUNQ_SLICE_MIN_NS 1000000UL

/* A capped domain may save up what it gets in this time, or at least so
 * much; its turns are between these, so that all its vCPUs notice the end. */
#define CAP_PERIOD_NS 10000000UL
#define CAP_TURN_MIN_NS 250000UL
#define CAP_TURN_MAX_NS 2000000UL

struct runq {
    struct lock lock; /* LR_RUNQ: the rest, and what sched_vcpu says */
    struct pheap heap;
    unsigned int cpu;
    unsigned int nr;            /* queued, without the one that runs */
    struct sched_vcpu *running; /* NULL: idle, or offline */
    uint64_t floor;             /* vtime that everybody has reached */
    uint64_t turn_ends_ns;      /* of the running one; UINT64_MAX: never */

    /* For balance.c, which reads them, and the above, without the lock. */
    uint64_t least;        /* vtime of who is furthest behind, running or not */
    uint64_t charged_ns;   /* when the running one was charged last */
    unsigned int weight;   /* of the running one; 0: idle */
    uint64_t contended_ns; /* when others last wanted this CPU */
    uint64_t balanced_ns;  /* when this CPU last looked at the others */
};

/* runq_vtime - virtual time of @ns of CPU time of @s */
static inline uint64_t runq_vtime(const struct sched_vcpu *s, uint64_t ns)
{
    unsigned int weight = s->dom->weight;

    if (weight == SCHED_WEIGHT_DEFAULT)
        return ns;
    return ns * SCHED_WEIGHT_DEFAULT / weight;
}

/**
 * cap_set - change the cap of a domain; it starts with all it may save up
 * @cap: per cent of one CPU, 0 none
 */
void cap_set(struct sched_domain *dom, uint16_t cap, uint64_t now);

/* cap_refill_ns - when @dom, which has used up its budget, may go on */
uint64_t cap_refill_ns(struct sched_domain *dom, uint64_t now);

/**
 * sched_parked - @s waits for its domain's budget, in no queue
 *
 * By sched.c: at cap_refill_ns() it clears sched_vcpu.parked and queues it.
 * Called with the queue's lock.
 */
void sched_parked(struct sched_vcpu *s, uint64_t now);

/* runq_first - who runs next; NULL: nobody is queued */
static inline struct sched_vcpu *runq_first(const struct runq *q)
{
    return q->heap.root ? container_of(q->heap.root, struct sched_vcpu, node)
                        : NULL;
}

/* runq_charge - count what the running one has used since the last time */
void runq_charge(struct runq *q, uint64_t now);

/**
 * runq_enter - queue @s
 * @comes: it slept, or comes from elsewhere: its vtime is brought near the
 *         floor, as RQ-1 says
 *
 * Returns: the running one should make room, or there is none.
 */
bool runq_enter(struct runq *q, struct sched_vcpu *s, bool comes, uint64_t now);

/* runq_insert - queue @s by its vtime as it is */
void runq_insert(struct runq *q, struct sched_vcpu *s);

/* runq_remove - take @s off, because it stops or because it will run */
void runq_remove(struct runq *q, struct sched_vcpu *s);

/* runq_preempts - should @s run before the running one, charged up to now? */
bool runq_preempts(const struct runq *q, const struct sched_vcpu *s);

/**
 * runq_pick - charge the running one and choose again
 * @stays: the running one may go on
 *
 * Sets the turn.  Whoever was running and is not chosen still has
 * sched_vcpu.running set: the caller clears it when its state is saved.
 * Those whose domains are at their caps are parked.
 * Returns: the one that runs from now on; NULL: nobody wants to.
 */
struct sched_vcpu *runq_pick(struct runq *q, bool stays, uint64_t now);

/* runq_slice_ns - how long the next one may run; 0: as long as it likes */
uint64_t runq_slice_ns(const struct runq *q);

/* runq_turn_too_long - was the turn measured for fewer than now want to run? */
bool runq_turn_too_long(const struct runq *q, uint64_t now);
