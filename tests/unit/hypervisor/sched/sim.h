/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run queues and balancing, driven in virtual time as sched.c drives them:
 * vCPUs that compute, sleep and yield on any number of CPUs.
 */
#ifndef SIM_H
#define SIM_H

#include <hv/bug.h>
#include <hv/sched.h>
#include <hv/string.h>
#include "../../../../hypervisor/sched/balance.h"
#include <setjmp.h>
#include <cmocka.h>

#define MS 1000000UL
#define NR_SIMS 4096
#define NR_DOMS 64
#define IPI_NS 2000 /* from telling a CPU to its choosing again */

/* One simulated vCPU: a hog, or one that runs a bit and sleeps a while. */
struct sim {
    struct sched_vcpu s;
    struct pheap_node wakes;     /* key: when */
    uint64_t burst_ns, sleep_ns; /* burst 0: a hog */
    bool random;                 /* these are only averages */
    bool yields;                 /* instead of sleeping */
    uint64_t left_ns;            /* of this burst */
    bool asleep;
    uint64_t used_ns, worst_wait_ns, waits_since, on_since;
    bool woken; /* waits since it woke up, not since it was preempted */
};

static struct sched_domain doms[NR_DOMS];
static struct sim sims[NR_SIMS];
static struct sim_cpu {
    struct pheap_node acts; /* key: when it schedules next */
    bool armed;
} sim_cpus[NR_CPUS];
static struct pheap refills; /* of capped domains: key: when */
static struct pheap_node refill_nodes[NR_DOMS];
static bool refilling[NR_DOMS];
static struct pheap events; /* of CPUs */
static struct pheap sleepers;
static unsigned int nr, nr_cpus, moves;
static uint64_t now;
static uint64_t seed;

void panic(const char *fmt, ...)
{
    fail_msg("panic: %s", fmt);
    __builtin_unreachable();
}

static uint64_t rnd(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return n ? seed % n : 0;
}

static struct sim *sim_of(struct sched_vcpu *s)
{
    return container_of(s, struct sim, s);
}

/* CPU @cpu schedules at @when, or earlier if it was going to. */
static void act_at(unsigned int cpu, uint64_t when)
{
    struct sim_cpu *c = &sim_cpus[cpu];

    if (when == UINT64_MAX || (c->armed && c->acts.key <= when))
        return;
    if (c->armed)
        pheap_remove(&events, &c->acts);
    c->acts.key = when;
    c->armed = true;
    pheap_insert(&events, &c->acts);
}

static void sim_reset(unsigned int with_cpus)
{
    memset(runqs, 0, sizeof(runqs));
    memset(sims, 0, sizeof(sims));
    memset(sim_cpus, 0, sizeof(sim_cpus));
    memset(&sched_online, 0, sizeof(sched_online));
    events.root = sleepers.root = refills.root = NULL;
    memset(refilling, 0, sizeof(refilling));
    nr = moves = 0;
    nr_cpus = with_cpus;
    now = 1;
    seed = 88172645463325252;
    for (unsigned int i = 0; i < NR_DOMS; i++)
        doms[i] = (struct sched_domain){
            .weight = SCHED_WEIGHT_DEFAULT,
            .lock = LOCK_INIT(LR_CAP),
        };
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        runqs[i].cpu = i;
        balance_busy(i);
        if (i < nr_cpus) {
            cpumask_set(&sched_online, i);
            act_at(i, now);
        }
    }
}

static uint64_t some(const struct sim *v, uint64_t ns)
{
    return v->random && ns ? 1 + rnd(2 * ns) : ns;
}

static void sleep_for(struct sim *v, uint64_t ns)
{
    v->asleep = true;
    v->wakes.key = now + ns;
    pheap_insert(&sleepers, &v->wakes);
}

/* Of domain @dom; it wakes up within its first sleep. */
static struct sim *add(struct sched_domain *dom, uint64_t burst, uint64_t sleep)
{
    struct sim *v = &sims[nr++];

    assert_true(nr <= NR_SIMS);
    v->s.dom = dom;
    memset(&v->s.hard_affinity, 0xff, sizeof(v->s.hard_affinity));
    v->s.soft_affinity = v->s.hard_affinity;
    balance_affinity(&v->s);
    v->burst_ns = v->left_ns = burst;
    v->sleep_ns = sleep;
    sleep_for(v, rnd(sleep));
    return v;
}

static void __attribute__((unused))
pin(struct sim *v, unsigned int first, unsigned int last)
{
    memset(&v->s.hard_affinity, 0, sizeof(v->s.hard_affinity));
    for (unsigned int i = first; i <= last; i++)
        cpumask_set(&v->s.hard_affinity, i);
    balance_affinity(&v->s);
    v->s.cpu = first;
}

/* sched.c: enqueue(); the lock of @q is released. */
static void sim_enqueue(struct sim *v, struct runq *q, unsigned int cpu,
                        bool slept)
{
    bool chosen = cpu != q->cpu, hurry;

    if (chosen) {
        v->s.cpu = cpu;
        lock_release(&q->lock);
        q = runq_lock_home(&v->s);
        moves++;
    }
    v->waits_since = now;
    hurry = runq_enter(q, &v->s, slept || chosen, now) ||
            runq_turn_too_long(q, now);
    lock_release(&q->lock);
    if (hurry || chosen)
        act_at(cpu, now + IPI_NS);
}

static void sim_wake(struct sim *v)
{
    struct runq *q = runq_lock_home(&v->s);

    v->asleep = false;
    v->left_ns = some(v, v->burst_ns);
    v->woken = true;
    sim_enqueue(v, q, balance_wake(&v->s, q, now), true);
}

void sched_parked(struct sched_vcpu *s, uint64_t at)
{
    unsigned int i = s->dom - doms;

    if (refilling[i])
        return;
    refilling[i] = true;
    refill_nodes[i].key = cap_refill_ns(s->dom, at);
    pheap_insert(&refills, &refill_nodes[i]);
}

/* sched.c: unpark(). */
static void sim_unpark(unsigned int dom)
{
    refilling[dom] = false;
    for (unsigned int i = 0; i < nr; i++) {
        struct sim *v = &sims[i];
        struct runq *q;

        if (v->s.dom != &doms[dom] || !v->s.parked)
            continue;
        q = runq_lock_home(&v->s);
        v->s.parked = false;
        sim_enqueue(v, q, balance_wake(&v->s, q, now), true);
    }
}

static void sim_leave(struct sim *v, struct runq *q)
{
    lock_take(&q->lock);
    v->s.running = false;
    if (v->asleep) {
        lock_release(&q->lock);
        sleep_for(v, some(v, v->sleep_ns));
    } else if (v->s.parked) {
        lock_release(&q->lock);
    } else {
        v->woken = false;
        sim_enqueue(v, q, balance_requeue(&v->s, q), false);
    }
}

/* What @v, which runs, has done since it was looked at last. */
static void account(struct sim *v)
{
    uint64_t ns = now - v->on_since;

    v->on_since = now;
    v->used_ns += ns;
    if (!v->burst_ns)
        return;
    v->left_ns -= MIN(ns, v->left_ns);
    if (v->left_ns)
        return;
    if (v->yields) {
        v->s.yielded = true;
        v->left_ns = some(v, v->burst_ns);
    } else {
        v->asleep = true;
    }
}

/* sched.c: schedule(). */
static void sim_schedule(unsigned int cpu)
{
    struct runq *q = &runqs[cpu];
    struct sched_vcpu *p, *n;
    unsigned int pushed;

    for (;;) {
        lock_take(&q->lock);
        p = q->running;
        if (p)
            account(sim_of(p));
        n = runq_pick(
            q, p && !sim_of(p)->asleep && cpumask_test(&p->allowed, cpu), now);
        lock_release(&q->lock);
        if (n)
            break;
        if (p)
            sim_leave(sim_of(p), q);
        while (!q->nr && balance_idle(cpu))
            balance_pull(q);
        if (!q->nr)
            return; /* it halts */
    }
    balance_busy(cpu);
    if (n != p) {
        struct sim *v = sim_of(n);

        assert_true(cpumask_test(&n->allowed, cpu)); /* BL-2 */
        assert_int_equal(n->cpu, cpu);
        v->on_since = now;
        if (v->woken)
            v->worst_wait_ns = MAX(v->worst_wait_ns, now - v->waits_since);
        if (p)
            sim_leave(sim_of(p), q);
    }
    pushed = balance_push(q, now);
    if (pushed < NR_CPUS) {
        moves++;
        act_at(pushed, now + IPI_NS);
    }
    act_at(cpu,
           MIN(q->turn_ends_ns,
               sim_of(n)->burst_ns ? now + sim_of(n)->left_ns : UINT64_MAX));
}

/* BL-1, for CPUs that have nothing to do any more. */
static void check_idle(void)
{
    for (unsigned int i = 0; i < nr; i++) {
        const struct sched_vcpu *s = &sims[i].s;

        if (s->queued && runqs[s->cpu].running) /* else it is being told */
            cpumask_for_each (cpu, &s->allowed)
                if (!runqs[cpu].running && !sim_cpus[cpu].armed)
                    fail_msg("%lu us: vCPU %u waits for CPU %u, not %u",
                             now / 1000, i, s->cpu, cpu);
    }
}

static void simulate(uint64_t ns)
{
    uint64_t end = now + ns, check = now;

    for (;;) {
        struct pheap_node *c = events.root, *w = sleepers.root;
        struct pheap_node *r = refills.root;
        uint64_t at = MIN(c ? c->key : UINT64_MAX, w ? w->key : UINT64_MAX);

        at = MIN(at, r ? r->key : UINT64_MAX);
        if (at > end)
            break;
        now = MAX(now, at);
        if (r && r->key == at) {
            pheap_remove(&refills, r);
            sim_unpark(r - refill_nodes);
        } else if (w && w->key == at) {
            pheap_remove(&sleepers, w);
            sim_wake(container_of(w, struct sim, wakes));
        } else {
            struct sim_cpu *sc = container_of(c, struct sim_cpu, acts);

            pheap_remove(&events, c);
            sc->armed = false;
            sim_schedule(sc - sim_cpus);
        }
        if (now > check + 5 * MS) {
            check_idle();
            check = now;
        }
    }
    now = end;
    for (unsigned int i = 0; i < nr_cpus; i++) {
        struct sched_vcpu *s = runqs[i].running;

        if (s && !sim_of(s)->asleep) {
            sim_of(s)->used_ns += now - sim_of(s)->on_since;
            if (sim_of(s)->burst_ns)
                sim_of(s)->left_ns -=
                    MIN(now - sim_of(s)->on_since, sim_of(s)->left_ns);
            sim_of(s)->on_since = now;
        }
    }
}

/* Forget what was used: measure from here. */
static void measure(void)
{
    for (unsigned int i = 0; i < nr; i++)
        sims[i].used_ns = sims[i].worst_wait_ns = 0;
    moves = 0;
}

#endif
