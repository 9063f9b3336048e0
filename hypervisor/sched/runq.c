/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is next on one CPU (pure); see runq.h. */
#include <hv/bug.h>
#include "runq.h"

void runq_place(const struct runq *q, struct sched_vcpu *s)
{
    uint64_t least = q->floor > RUNQ_CREDIT ? q->floor - RUNQ_CREDIT : 0;

    if (s->vtime < least)
        s->vtime = least; /* keeps RQ-1 */
}

void runq_insert(struct runq *q, struct sched_vcpu *s)
{
    ASSERT(!s->queued && !s->running);

    s->node.key = s->vtime;
    pheap_insert(&q->heap, &s->node);
    s->queued = true;
    q->nr++;
}

void runq_remove(struct runq *q, struct sched_vcpu *s)
{
    ASSERT(s->queued && q->nr);

    pheap_remove(&q->heap, &s->node);
    s->queued = false;
    q->nr--;
}

bool runq_preempts(const struct sched_vcpu *s, const struct sched_vcpu *running)
{
    return s->vtime + RUNQ_GRANULARITY < running->vtime;
}

void runq_yield(const struct runq *q, struct sched_vcpu *s)
{
    struct sched_vcpu *first = runq_first(q);

    if (first && s->vtime <= first->vtime)
        s->vtime = first->vtime + 1;
}

uint64_t runq_slice_ns(const struct runq *q)
{
    if (!q->nr)
        return 0;
    return MAX(RUNQ_PERIOD_NS / (q->nr + 1), RUNQ_SLICE_MIN_NS);
}
