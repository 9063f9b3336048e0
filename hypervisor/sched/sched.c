/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler: blocking and waking, switching, and what a CPU does when
 * nobody wants it.
 *
 * A vCPU is in one of three places: running on a CPU (sched.running), in a
 * CPU's run queue (sched.queued), or neither, because it is not runnable.
 * One that is taken off its CPU counts as running until its state is saved,
 * so nobody else picks it before.  Only a CPU that goes idle keeps the state
 * of a vCPU that does not run: waking up without anybody in between costs no
 * switch, and whoever needs the state elsewhere calls vcpu_unload().
 */
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/heap.h>
#include <hv/sched.h>
#include <hv/spin.h>
#include <hv/timer.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include "balance.h"

static struct sched_cpu {
    struct timer slice;     /* end of the running one's turn */
    uint64_t idle_ns;       /* idle so far, up to the last time it ended */
    uint64_t idle_since_ns; /* 0: not idle */
} sched_cpus[NR_CPUS];

static struct vcpu *vcpu_of(struct sched_vcpu *s)
{
    return s ? container_of(s, struct vcpu, sched) : NULL;
}

/* Make CPU @cpu choose again. */
static void tell(unsigned int cpu)
{
    work_raise(&cpus[cpu], WORK_SCHED);
    cpu_kick(cpu);
}

static void slice_ends(void *arg) { work_raise(arg, WORK_SCHED); }

void sched_init(void)
{
    unsigned int cpu = this_cpu_id();

    runqs[cpu].cpu = cpu;
    lock_init(&runqs[cpu].lock, LR_RUNQ);
    timer_init(&sched_cpus[cpu].slice, slice_ends, &cpus[cpu]);
    if (cpu == 0)
        cpumask_set(&sched_online, cpu);
}

/* The time limit of a SCHEDOP_poll. */
static void poll_times_out(void *arg)
{
    struct vcpu *v = arg;

    if (v->evtchn.polling) /* and not in a later SCHEDOP_block */
        vcpu_unblock(v);
}

int sched_vcpu_init(struct vcpu *v)
{
    struct sched_vcpu *s = &v->sched;

    timer_init(&s->poll_timer, poll_times_out, v);
    runstate_init(v);
    s->dom = &v->domain->sched;
    s->cpu = this_cpu_id();
    s->vtime = 0; /* runq_enter() sees to it */
    for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
        s->hard_affinity.word[i] = s->soft_affinity.word[i] = ~0UL;
    balance_affinity(s);

    return 0;
}

void sched_vcpu_destroy(struct vcpu *v)
{
    ASSERT(!v->sched.queued && !v->sched.running);
    timer_stop(&v->sched.poll_timer);
}

static bool wants_cpu(const struct vcpu *v)
{
    return v->sched.up &&
           !__atomic_load_n(&v->sched.blocked, __ATOMIC_RELAXED) &&
           !__atomic_load_n(&v->domain->pause_count, __ATOMIC_RELAXED);
}

/* Up, not blocked, domain not paused nor at its cap? */
static bool vcpu_runnable(const struct vcpu *v)
{
    return wants_cpu(v) && !v->sched.parked;
}

/* The run state of a vCPU that does not run. */
static int idle_runstate(const struct vcpu *v)
{
    if (wants_cpu(v))
        return RUNSTATE_runnable;
    return v->sched.blocked ? RUNSTATE_blocked : RUNSTATE_offline;
}

static bool may_run(const struct vcpu *v, unsigned int cpu)
{
    return vcpu_runnable(v) && cpumask_test(&v->sched.allowed, cpu);
}

static bool wants_queue(const struct vcpu *v)
{
    return !v->sched.queued && !v->sched.running && vcpu_runnable(v);
}

/*
 * Queue @v, which wants it, on CPU @cpu.  Called with the lock of its queue
 * @q, which is released.
 */
static void enqueue(struct vcpu *v, struct runq *q, unsigned int cpu,
                    bool slept, uint64_t now)
{
    struct sched_vcpu *s = &v->sched;
    bool moved = false, hurry = false;
    unsigned int home;

    runstate_change_at(v, RUNSTATE_runnable, now);
    while (cpu != q->cpu) {
        __atomic_store_n(&s->cpu, cpu, __ATOMIC_RELAXED);
        lock_release(&q->lock);
        moved = true;
        q = runq_lock_home(s);
        if (!wants_queue(v) || cpumask_test(&s->allowed, q->cpu))
            break;
        tell(cpu); /* its affinity has changed, while there was no lock */
        cpu = balance_requeue(s, q);
    }
    home = q->cpu;
    if (wants_queue(v)) /* nobody was faster */
        hurry =
            runq_enter(q, s, slept || moved, now) || runq_turn_too_long(q, now);
    lock_release(&q->lock);
    if (hurry)
        tell(home);
    if (moved && !(hurry && home == cpu))
        tell(cpu);
}

void vcpu_wake(struct vcpu *v)
{
    struct runq *q = runq_lock_home(&v->sched);
    uint64_t now;

    if (!wants_queue(v)) {
        lock_release(&q->lock);
        return;
    }
    now = now_ns();
    enqueue(v, q, balance_wake(&v->sched, q, now), true, now);
}

/* A capped domain has saved up some budget, or lost its cap. */
static void unpark(void *arg)
{
    struct domain *d = arg;

    for_each_vcpu (v, d) {
        struct runq *q = runq_lock_home(&v->sched);

        v->sched.parked = false;
        if (wants_queue(v)) {
            uint64_t now = now_ns();

            enqueue(v, q, balance_wake(&v->sched, q, now), true, now);
        } else {
            lock_release(&q->lock);
        }
    }
}

/* Whoever sees the timer armed is in time: its handler wants the lock. */
void sched_parked(struct sched_vcpu *s, uint64_t now)
{
    struct sched_domain *dom = s->dom;

    if (!__atomic_load_n(&dom->refill.armed, __ATOMIC_SEQ_CST))
        timer_set(&dom->refill, cap_refill_ns(dom, now));
}

void sched_domain_init(struct domain *d)
{
    d->sched.weight = SCHED_WEIGHT_DEFAULT;
    lock_init(&d->sched.lock, LR_CAP);
    timer_init(&d->sched.refill, unpark, d);
}

void sched_domain_destroy(struct domain *d) { timer_stop(&d->sched.refill); }

void sched_domain_set(struct domain *d, uint16_t weight, uint16_t cap)
{
    if (weight)
        d->sched.weight = weight;
    cap_set(&d->sched, cap, now_ns());
    unpark(d);
    for_each_vcpu (v, d)
        if (v->sched.running)
            tell(v->sched.cpu); /* its turn changes */
}

void vcpu_sleep(struct vcpu *v)
{
    struct sched_vcpu *s = &v->sched;
    struct runq *q = runq_lock_home(s);
    bool running = s->running;

    if (!running) {
        if (s->queued && !vcpu_runnable(v))
            runq_remove(q, s);
        if (!s->queued)
            runstate_change(v, idle_runstate(v));
    }
    lock_release(&q->lock);
    if (running)
        tell(q->cpu);
}

/* Work out where @v may run, and take it away from where it may not. */
static void move_to_allowed(struct vcpu *v, struct runq *q)
{
    struct sched_vcpu *s = &v->sched;
    bool ok, running = s->running;

    balance_affinity(s);
    ok = cpumask_test(&s->allowed, q->cpu);
    if (!ok && s->queued) {
        runq_remove(q, s);
        enqueue(v, q, balance_requeue(s, q), false, now_ns());
        return;
    }
    if (!ok && !running) /* where it will be when it wakes, more or less */
        __atomic_store_n(&s->cpu, cpumask_next(&s->preferred, 0),
                         __ATOMIC_RELAXED);
    lock_release(&q->lock);
    if (!ok && running)
        tell(q->cpu);
}

int vcpu_set_affinity(struct vcpu *v, const struct cpumask *hard,
                      const struct cpumask *soft)
{
    struct cpumask some;
    struct runq *q;

    if ((hard && !cpumask_and(&some, hard, &sched_online)) ||
        (soft && !cpumask_and(&some, soft, &sched_online)))
        return -EINVAL;

    q = runq_lock_home(&v->sched);
    if (hard)
        v->sched.hard_affinity = *hard;
    if (soft)
        v->sched.soft_affinity = *soft;
    move_to_allowed(v, q);

    return 0;
}

void vcpu_effective_affinity(struct vcpu *v, struct cpumask *hard,
                             struct cpumask *soft)
{
    struct runq *q = runq_lock_home(&v->sched);

    *hard = v->sched.allowed;
    cpumask_and(soft, &v->sched.soft_affinity, hard);
    lock_release(&q->lock);
}

/* Work out anew where each vCPU may run. */
static void refresh_affinities(void)
{
    lock_take(&domain_list_lock);
    for_each_domain (d)
        for_each_vcpu (v, d)
            move_to_allowed(v, runq_lock_home(&v->sched));
    lock_release(&domain_list_lock);
}

void sched_cpu_online(unsigned int cpu)
{
    cpumask_set(&sched_online, cpu);
    refresh_affinities();
}

void sched_cpu_offline(unsigned int cpu)
{
    cpumask_clear(&sched_online, cpu);
    balance_busy(cpu);
    refresh_affinities();
}

bool sched_cpu_empty(unsigned int cpu)
{
    return !__atomic_load_n(&runqs[cpu].running, __ATOMIC_ACQUIRE);
}

void vcpu_wait_stopped(struct vcpu *v)
{
    ASSERT(v != current_vcpu());
    while (__atomic_load_n(&v->sched.running, __ATOMIC_ACQUIRE))
        spin_wait();
    /* leave() says so before it has done with @v, which may go now. */
    lock_release(&runq_lock_home(&v->sched)->lock);
    vcpu_unload(v);
}

void vcpu_get_runstate(struct vcpu *v, struct vcpu_runstate_info *out)
{
    struct runq *q = runq_lock_home(&v->sched);

    runstate_get(v, out);
    lock_release(&q->lock);
}

void vcpu_unblock(struct vcpu *v)
{
    struct sched_vcpu *s = &v->sched;

    if (!__atomic_exchange_n(&s->blocked, false, __ATOMIC_SEQ_CST))
        return;
    vcpu_wake(v);
}

/* What must not wait for a guest to run again. */
static void idle_work(struct cpu *c)
{
    static const struct {
        enum work bit;
        void (*fn)(void);
    } table[] = {
        { WORK_TIMER, timer_work },       { WORK_KEY, console_key_work },
        { WORK_TLB, vcpu_unload_idle },   { WORK_UNLOAD, vcpu_unload_idle },
        { WORK_DUMP, console_dump_here }, { WORK_NMI, nmi_work },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
        uint32_t bit = 1U << table[i].bit;

        if (__atomic_fetch_and(&c->work, ~bit, __ATOMIC_ACQUIRE) & bit)
            table[i].fn();
    }
}

/* Wait until somebody is queued here; out of service, until that ends. */
static void idle(struct cpu *c, struct runq *q)
{
    struct sched_cpu *sc = &sched_cpus[c->id];
    const uint32_t mine = 1U << WORK_TIMER | 1U << WORK_KEY | 1U << WORK_TLB |
                          1U << WORK_UNLOAD | 1U << WORK_DUMP | 1U << WORK_NMI;

    stretch_mark(true);
    c->idle = true;
    sc->idle_since_ns = now_ns();
    while (!__atomic_load_n(&q->nr, __ATOMIC_ACQUIRE)) {
        bool serves = cpumask_test(&sched_online, c->id);

        if (serves && balance_idle(c->id))
            balance_pull(q); /* keeps BL-1 */
        else if (unlikely(!serves && c->loaded))
            vcpu_unload_idle();
        else if (__atomic_load_n(&c->work, __ATOMIC_ACQUIRE) & mine)
            idle_work(c);
        else if (serves && heap_scrub_some())
            sti_window();
        else {
            timer_idle();
            safe_halt();
        }
    }
    balance_busy(c->id);
    sc->idle_ns += now_ns() - sc->idle_since_ns;
    sc->idle_since_ns = 0;
    c->idle = false;
    stretch_mark(false);
}

uint64_t sched_idle_ns(unsigned int cpu)
{
    const struct sched_cpu *sc = &sched_cpus[cpu];

    return sc->idle_ns + (sc->idle_since_ns ? now_ns() - sc->idle_since_ns : 0);
}

/*
 * @v is no longer on this CPU: its state is saved, or the CPU is idle.  Who
 * was taken off only for others goes on waiting, on an idle CPU if there is
 * one (BL-1).
 */
static void leave(struct vcpu *v, struct runq *q, uint64_t now)
{
    struct domain *stopping = NULL;

    lock_take(&q->lock);
    if (unlikely(v->domain->shut_down)) {
        stopping = v->domain;
        domain_get(stopping);
    }
    __atomic_store_n(&v->sched.running, false, __ATOMIC_RELEASE);
    runstate_change_at(v, idle_runstate(v), now);
    if (vcpu_runnable(v))
        enqueue(v, q, balance_requeue(&v->sched, q), false, now);
    else
        lock_release(&q->lock);
    if (stopping) {
        domain_vcpu_stopped(stopping);
        domain_put(stopping);
    }
}

void schedule(void)
{
    struct cpu *c = this_cpu();
    struct runq *q = &runqs[c->id];
    struct vcpu *prev, *next;
    unsigned int pushed;
    uint64_t now, ends;

    for (;;) {
        __atomic_fetch_and(&c->work, ~(1U << WORK_SCHED), __ATOMIC_ACQUIRE);
        now = now_ns();
        lock_take(&q->lock);
        prev = vcpu_of(q->running);
        next = vcpu_of(runq_pick(q, prev && may_run(prev, c->id), now));
        ends = q->turn_ends_ns;
        if (next && next != prev)
            runstate_change_at(next, RUNSTATE_running, now);
        lock_release(&q->lock);
        if (next)
            break;
        if (prev)
            leave(prev, q, now);
        idle(c, q);
    }

    if (ends != UINT64_MAX)
        timer_set(&sched_cpus[c->id].slice, ends);
    if (next != prev) {
        if (next != current_vcpu())
            vcpu_switch_to(next);
        if (prev)
            leave(prev, q, now);
        runstate_publish(next);
    }
    if (unlikely(__atomic_load_n(&next->nmi_pending, __ATOMIC_SEQ_CST)))
        work_raise(c, WORK_NMI);
    pushed = balance_push(q, now);
    if (pushed < NR_CPUS)
        tell(pushed);
}

static void dump_queue(unsigned int cpu)
{
    const struct runq *q = &runqs[cpu];

    log_err("CPU %u: %s, %u queued, floor %lu us, idle for %lu ms\n", cpu,
            q->running ? "busy" : "idle", q->nr, q->floor / 1000,
            sched_idle_ns(cpu) / 1000000);
}

/* What a key asked for is printed whatever the threshold. */
void sched_dump(void)
{
    cpumask_for_each (cpu, &sched_online)
        dump_queue(cpu);
    for_each_domain (d) {
        log_err("d%u: weight %u, cap %u, budget %ld us\n", d->id,
                d->sched.weight, d->sched.cap,
                (long)(d->sched.budget_ns / 1000));
        for_each_vcpu (v, d) {
            if (!v->sched.up)
                continue;
            log_err("  d%uv%u: CPU %u%s%s%s%s%s vtime %lu us\n", d->id, v->id,
                    v->sched.cpu, v->sched.running ? " running" : "",
                    v->sched.parked ? " parked" : "",
                    v->sched.queued ? " queued" : "",
                    v->sched.blocked ? " blocked" : "",
                    v->evtchn.polling ? " polling" : "", v->sched.vtime / 1000);
        }
    }
}
