/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is next on one CPU (pure); see runq.h. */
#include <hv/bug.h>
#include "runq.h"

/* What a domain of this cap may save up. */
static int64_t cap_most(unsigned int cap)
{
    return MAX(CAP_PERIOD_NS * cap / 100, 2 * CAP_TURN_MIN_NS);
}

/* Count what @dom has used and got; returns what it has left. */
static int64_t cap_count(struct sched_domain *dom, uint64_t used_ns,
                         uint64_t now)
{
    int64_t left;

    lock_take(&dom->lock);
    if (now > dom->filled_ns) {
        dom->budget_ns += (now - dom->filled_ns) * dom->cap / 100;
        dom->filled_ns = now;
    }
    dom->budget_ns = MIN(dom->budget_ns, cap_most(dom->cap));
    dom->budget_ns -= used_ns;
    left = dom->budget_ns;
    lock_release(&dom->lock);

    return left;
}

void cap_set(struct sched_domain *dom, uint16_t cap, uint64_t now)
{
    lock_take(&dom->lock);
    if (!dom->cap)
        dom->budget_ns = cap_most(cap);
    dom->filled_ns = now;
    dom->cap = cap;
    lock_release(&dom->lock);
}

uint64_t cap_refill_ns(struct sched_domain *dom, uint64_t now)
{
    int64_t want = cap_most(dom->cap) / 2 - cap_count(dom, 0, now);

    return want > 0 && dom->cap ? now + want * 100 / dom->cap : now;
}

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
    if (unlikely(s->dom->cap))
        cap_count(s->dom, now - s->started_ns, now);
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

/* If the domain of @s, which wants to run, is at its cap, @s has to wait. */
static bool park(struct runq *q, struct sched_vcpu *s, uint64_t now)
{
    if (likely(!s->dom->cap) || cap_count(s->dom, 0, now) > 0)
        return false;

    if (s->queued)
        runq_remove(q, s);
    s->parked = true;
    sched_parked(s, now);
    return true;
}

/* When the turn of @s ends if @waiting others want to run. */
static uint64_t turn_end(const struct sched_vcpu *s, unsigned int waiting,
                         uint64_t now)
{
    uint64_t slice = slice_ns(s, waiting);
    uint64_t ends = slice ? now + slice : UINT64_MAX;
    int64_t left;

    if (unlikely(s && s->dom->cap)) {
        left = cap_count(s->dom, 0, now);
        left =
            MIN(MAX(left, (int64_t)CAP_TURN_MIN_NS), (int64_t)CAP_TURN_MAX_NS);
        ends = MIN(ends, now + left);
    }
    return ends;
}

struct sched_vcpu *runq_pick(struct runq *q, bool stays, uint64_t now)
{
    struct sched_vcpu *prev = q->running, *next;
    uint64_t ends;

    runq_charge(q, now);
    stays = stays && prev && !park(q, prev, now);
    do
        next = runq_first(q);
    while (next && park(q, next, now));
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
    ends = turn_end(next, q->nr + (stays && next != prev), now);
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
