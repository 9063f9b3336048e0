/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is next on one CPU (pure); see runq.h. */
#include <hv/bug.h>
#include "runq.h"

static void publish_least(struct runq *q)
{
    const struct sched_vcpu *first = runq_first(q), *s = q->running;

    if (!s || (first && first->vtime < s->vtime))
        s = first;
    if (s)
        __atomic_store_n(&q->least, s->vtime, __ATOMIC_RELAXED);
}

void runq_charge(struct runq *q, uint64_t now)
{
    struct sched_vcpu *s = q->running;

    if (!s || now <= s->started_ns)
        return;
    s->vtime += runq_vtime(s, now - s->started_ns);
    s->started_ns = now;
    q->charged_ns = now;

    publish_least(q);
    if (q->least > q->floor)
        q->floor = q->least;
}

bool runq_preempts(const struct runq *q, const struct sched_vcpu *s)
{
    return !q->running ||
           s->vtime + runq_vtime(s, RUNQ_GRANULARITY_NS) < q->running->vtime;
}

bool runq_enter(struct runq *q, struct sched_vcpu *s, bool comes, uint64_t now)
{
    uint64_t credit = runq_vtime(s, RUNQ_CREDIT_NS);
    uint64_t lead = runq_vtime(s, RUNQ_LEAD_NS);

    runq_charge(q, now);
    if (!q->running && !q->nr)
        q->floor = s->vtime; /* nobody is here to compare with */
    else if (comes && s->vtime + credit < q->floor)
        s->vtime = q->floor - credit; /* keeps RQ-1 */
    else if (comes && s->vtime > q->floor + lead)
        s->vtime = q->floor + lead;
    runq_insert(q, s);

    return runq_preempts(q, s);
}

void runq_insert(struct runq *q, struct sched_vcpu *s)
{
    ASSERT(!s->queued && !s->running && s->cpu == q->cpu);

    s->node.key = s->vtime;
    pheap_insert(&q->heap, &s->node);
    s->queued = true;
    publish_least(q);
    __atomic_store_n(&q->nr, q->nr + 1, __ATOMIC_RELEASE);
}

void runq_remove(struct runq *q, struct sched_vcpu *s)
{
    ASSERT(s->queued && q->nr && s->cpu == q->cpu);

    pheap_remove(&q->heap, &s->node);
    s->queued = false;
    __atomic_store_n(&q->nr, q->nr - 1, __ATOMIC_RELEASE);
}

/* Is it the turn of @first instead of the running @s, which may go on? */
static bool overtakes(const struct runq *q, struct sched_vcpu *s,
                      const struct sched_vcpu *first, uint64_t now)
{
    bool yielded = s->yielded;

    s->yielded = false;
    if (!first)
        return false;
    if (yielded && s->vtime <= first->vtime)
        s->vtime = first->vtime + 1;
    if (yielded || now >= q->turn_ends_ns)
        return first->vtime < s->vtime;
    return runq_preempts(q, first);
}

/* A turn of @s while @waiting others want to run; light ones take short
 * turns, because each takes them far ahead. */
static uint64_t slice_ns(const struct sched_vcpu *s, unsigned int waiting)
{
    uint64_t slice = RUNQ_PERIOD_NS / (waiting + 1);

    if (s && s->dom->weight < SCHED_WEIGHT_DEFAULT)
        slice = slice * s->dom->weight / SCHED_WEIGHT_DEFAULT;
    return waiting ? MAX(slice, RUNQ_SLICE_MIN_NS) : 0;
}

uint64_t runq_slice_ns(const struct runq *q)
{
    return slice_ns(q->running, q->nr);
}

struct sched_vcpu *runq_pick(struct runq *q, bool stays, uint64_t now)
{
    struct sched_vcpu *prev = q->running, *next = runq_first(q);
    uint64_t slice, ends;

    runq_charge(q, now);
    stays = stays && prev;
    if (stays && !overtakes(q, prev, next, now))
        next = prev;
    if (next != prev) {
        if (next) {
            runq_remove(q, next);
            next->running = true;
            next->started_ns = now;
        }
        q->running = next;
    }
    q->weight = next ? next->dom->weight : 0;
    q->charged_ns = now;
    publish_least(q);
    if (q->nr)
        q->contended_ns = now;

    /* Who is alone has no turn and takes no interrupt. */
    slice = slice_ns(next, q->nr + (stays && next != prev));
    ends = slice ? now + slice : UINT64_MAX;
    if (next == prev && now < q->turn_ends_ns)
        ends = MIN(ends, q->turn_ends_ns);
    q->turn_ends_ns = ends;

    return next;
}

bool runq_turn_too_long(const struct runq *q, uint64_t now)
{
    uint64_t slice = runq_slice_ns(q);

    return slice && q->turn_ends_ns > now + 2 * slice;
}
