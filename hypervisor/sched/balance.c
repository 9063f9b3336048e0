/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which CPU's queue a vCPU waits in; see balance.h. */
#include "balance.h"

/* How many of those who wait are looked at to find one that may move, and
 * how many CPUs to find one where a vCPU that wakes would run at once. */
#define LOOK_VCPUS 32
#define LOOK_CPUS 8

struct runq runqs[NR_CPUS];
struct cpumask sched_online;
static struct cpumask idle_cpus; /* and not yet chosen for anybody */

struct runq *runq_lock_home(struct sched_vcpu *s)
{
    for (;;) {
        unsigned int cpu = __atomic_load_n(&s->cpu, __ATOMIC_RELAXED);
        struct runq *q = &runqs[cpu];

        lock_take(&q->lock);
        if (likely(s->cpu == cpu))
            return q;
        lock_release(&q->lock);
    }
}

void balance_affinity(struct sched_vcpu *s)
{
    if (!cpumask_and(&s->allowed, &s->hard_affinity, &sched_online))
        s->allowed = sched_online;
    if (!cpumask_and(&s->preferred, &s->soft_affinity, &s->allowed))
        s->preferred = s->allowed;
}

bool balance_idle(unsigned int cpu)
{
    if (cpumask_test(&idle_cpus, cpu))
        return false;
    runqs[cpu].contended_ns = 0;
    cpumask_set(&idle_cpus, cpu);
    return true;
}

void balance_busy(unsigned int cpu) { cpumask_clear(&idle_cpus, cpu); }

/* An idle CPU of @among, from @first on; NR_CPUS: there is none. */
static unsigned int claim_idle(const struct cpumask *among, unsigned int first)
{
    struct cpumask m;
    unsigned int cpu;

    if (cpumask_test(among, first) && cpumask_test(&idle_cpus, first) &&
        cpumask_clear(&idle_cpus, first))
        return first;
    while (cpumask_and(&m, among, &idle_cpus)) {
        cpu = cpumask_next(&m, first);
        if (cpu == NR_CPUS)
            cpu = cpumask_next(&m, 0);
        if (cpumask_clear(&idle_cpus, cpu))
            return cpu;
    }
    return NR_CPUS;
}

/* What all who want @q's CPU have reached by now, about. */
static uint64_t level(const struct runq *q, uint64_t now)
{
    uint64_t least = __atomic_load_n(&q->least, __ATOMIC_RELAXED);
    uint64_t at = __atomic_load_n(&q->charged_ns, __ATOMIC_RELAXED);
    unsigned int weight = __atomic_load_n(&q->weight, __ATOMIC_RELAXED);

    if (!weight || now <= at || __atomic_load_n(&q->nr, __ATOMIC_RELAXED))
        return least;
    return least + (now - at) * SCHED_WEIGHT_DEFAULT / weight;
}

/* A CPU near @home where @s would run at once, or @home. */
static unsigned int choose_busy(const struct sched_vcpu *s, unsigned int home,
                                uint64_t now)
{
    unsigned int cpu = home;

    for (unsigned int i = 0; i < LOOK_CPUS; i++) {
        cpu = cpumask_next(&s->preferred, cpu + 1);
        if (cpu == NR_CPUS)
            cpu = cpumask_next(&s->preferred, 0);
        if (cpu == home)
            break;
        if (s->vtime + runq_vtime(s, RUNQ_GRANULARITY_NS) <
            level(&runqs[cpu], now))
            return cpu;
    }
    return home;
}

/* An idle CPU for @s, the nearer the better, or NR_CPUS. */
static unsigned int choose_idle(const struct sched_vcpu *s, unsigned int home)
{
    unsigned int cpu = claim_idle(&s->preferred, home);

    return cpu < NR_CPUS ? cpu : claim_idle(&s->allowed, home);
}

unsigned int balance_requeue(const struct sched_vcpu *s, const struct runq *q)
{
    unsigned int cpu = choose_idle(s, q->cpu);

    if (cpu < NR_CPUS)
        return cpu;
    if (cpumask_test(&s->allowed, q->cpu))
        return q->cpu;
    return cpumask_next(&s->preferred, 0);
}

unsigned int balance_wake(const struct sched_vcpu *s, struct runq *q,
                          uint64_t now)
{
    unsigned int cpu = balance_requeue(s, q);

    if (!runqs[cpu].running) /* idle */
        return cpu;
    if (cpu == q->cpu) {
        runq_charge(q, now);
        if (runq_preempts(q, s))
            return cpu;
    }
    return choose_busy(s, cpu, now);
}

/* One that waits in @q and may run on @cpu, or NULL; the first few count. */
static struct sched_vcpu *find_for(const struct runq *q, unsigned int cpu)
{
    const struct pheap_node *n = q->heap.root;

    for (unsigned int i = 0; n && i < LOOK_VCPUS; i++) {
        struct sched_vcpu *s = container_of(n, struct sched_vcpu, node);

        if (cpumask_test(&s->allowed, cpu))
            return s;
        n = pheap_walk(n);
    }
    return NULL;
}

/* Both queues are locked. */
static void move(struct runq *from, struct runq *to, struct sched_vcpu *s)
{
    uint64_t lag = runq_vtime(s, BALANCE_LAG_NS);

    if (to->running)
        lag += runq_vtime(to->running, BALANCE_LAG_NS);
    runq_remove(from, s);
    if (!to->running && !to->nr)
        to->floor = s->vtime;
    else if (s->vtime + lag < to->floor)
        s->vtime = to->floor - lag;
    s->cpu = to->cpu;
    runq_insert(to, s);
}

bool balance_pull(struct runq *q)
{
    unsigned int cpu = q->cpu;
    struct sched_vcpu *s;

    for (;;) {
        cpu = cpumask_next(&sched_online, cpu + 1);
        if (cpu == NR_CPUS)
            cpu = cpumask_next(&sched_online, 0);
        if (cpu == q->cpu || cpu == NR_CPUS)
            return false;
        if (!__atomic_load_n(&runqs[cpu].nr, __ATOMIC_ACQUIRE))
            continue;

        lock_take_both(&q->lock, &runqs[cpu].lock);
        s = find_for(&runqs[cpu], q->cpu);
        if (s)
            move(&runqs[cpu], q, s);
        lock_release_both(&q->lock, &runqs[cpu].lock);
        if (s)
            return true;
    }
}

/* Who has waited longest of those that may run elsewhere: what we need of
 * it once the lock is released. */
struct waiting {
    struct cpumask allowed;
    uint64_t vtime;
    uint64_t lead; /* how far ahead a CPU must be to take it over */
    uint64_t lag;  /* how far behind it somebody may be */
};

static bool longest_waiting(struct runq *q, struct waiting *w)
{
    const struct pheap_node *n;
    bool found = false;

    lock_take(&q->lock);
    n = q->heap.root;
    for (unsigned int i = 0; n && !found && i < LOOK_VCPUS; i++) {
        struct sched_vcpu *s = container_of(n, struct sched_vcpu, node);

        w->allowed = s->allowed;
        w->allowed.word[q->cpu / 64] &= ~(1UL << q->cpu % 64);
        w->vtime = s->vtime;
        w->lead = 2 * runq_slice_ns(q) * SCHED_WEIGHT_DEFAULT /
                  MAX(s->dom->weight, MAX(q->weight, 1U));
        w->lag = 2 * runq_vtime(s, BALANCE_LAG_NS);
        found = cpumask_next(&w->allowed, 0) < NR_CPUS;
        n = pheap_walk(n);
    }
    lock_release(&q->lock);
    return found;
}

/*
 * Somebody wants @q's CPU, which one vCPU has for itself.  What that one is
 * ahead or behind counts only since somebody wants the CPU, and only so far.
 */
static void contend(struct runq *q, const struct waiting *w, uint64_t now)
{
    uint64_t last = __atomic_load_n(&q->contended_ns, __ATOMIC_RELAXED);
    bool fresh = !last || now > last + BALANCE_FORGET_NS;
    uint64_t most = fresh ? w->vtime + w->lead : UINT64_MAX;
    uint64_t lag = fresh ? 0 : w->lag + BALANCE_LAG_NS;
    uint64_t least = w->vtime > lag ? w->vtime - lag : 0;
    uint64_t at = level(q, now);

    __atomic_store_n(&q->contended_ns, now, __ATOMIC_RELAXED);
    if (at >= least && at <= most)
        return;

    lock_take(&q->lock);
    if (q->running && !q->nr) {
        runq_charge(q, now);
        q->running->vtime = MIN(MAX(q->running->vtime, least), most);
        q->floor = q->running->vtime;
    }
    lock_release(&q->lock);
}

/* The CPU that leads by most over @w, and by enough. */
static struct runq *leading(const struct waiting *w, uint64_t now)
{
    uint64_t best = w->vtime + w->lead;
    struct runq *found = NULL;

    cpumask_for_each (cpu, &w->allowed) {
        struct runq *q = &runqs[cpu];
        uint64_t at;

        if (cpumask_test(&idle_cpus, cpu) && cpumask_clear(&idle_cpus, cpu))
            return q;
        if (!__atomic_load_n(&q->nr, __ATOMIC_RELAXED))
            contend(q, w, now);
        at = level(q, now);
        if (at > best) {
            best = at;
            found = q;
        }
    }
    return found;
}

unsigned int balance_push(struct runq *q, uint64_t now)
{
    struct waiting w;
    struct sched_vcpu *s;
    struct runq *to;

    if (!q->nr || (now < q->balanced_ns + BALANCE_NS &&
                   cpumask_next(&idle_cpus, 0) == NR_CPUS))
        return NR_CPUS;
    to = longest_waiting(q, &w) ? leading(&w, now) : NULL;
    if (!to) {
        q->balanced_ns = now;
        return NR_CPUS;
    }

    lock_take_both(&q->lock, &to->lock);
    runq_charge(to, now);
    s = find_for(q, to->cpu);
    if (s && to->running && s->vtime + w.lead >= to->least)
        s = NULL; /* others were faster */
    if (s)
        move(q, to, s);
    lock_release_both(&q->lock, &to->lock);
    return to->cpu; /* an idle one must hear of it even if nobody comes */
}
