/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler: who runs on a CPU, blocking and waking, and what a CPU does
 * when nobody wants it.
 *
 * A vCPU is in one of three places: running on a CPU (sched.running), in its
 * run queue (sched.queued), or neither, because it is not runnable.  When
 * its CPU goes idle its state stays loaded there, so that waking up without
 * anybody in between costs no switch.
 */
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/heap.h>
#include <hv/mm.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <hv/timer.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include "runq.h"

static struct sched_cpu {
    struct runq rq;
    struct vcpu *running;   /* rq.lock; NULL: idle */
    struct timer slice;     /* end of the running one's turn */
    uint64_t idle_ns;       /* idle so far, up to the last time it ended */
    uint64_t idle_since_ns; /* 0: not idle */
} sched_cpus[NR_CPUS];

static void slice_ends(void *arg) { work_raise(arg, WORK_SCHED); }

void sched_init(void)
{
    struct cpu *c = this_cpu();
    struct sched_cpu *sc = &sched_cpus[c->id];

    lock_init(&sc->rq.lock, LR_RUNQ);
    timer_init(&sc->slice, slice_ends, c);
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
    s->cpu = this_cpu_id();
    s->vtime = 0; /* runq_place() sees to it */
    memset(s->hard_affinity, 0xff, sizeof(s->hard_affinity));
    memset(s->soft_affinity, 0xff, sizeof(s->soft_affinity));

    return 0;
}

void sched_vcpu_destroy(struct vcpu *v)
{
    ASSERT(!v->sched.queued && !v->sched.running);
    timer_stop(&v->sched.poll_timer);
}

bool vcpu_runnable(const struct vcpu *v)
{
    const struct sched_vcpu *s = &v->sched;

    return s->up && !__atomic_load_n(&s->blocked, __ATOMIC_RELAXED) &&
           !s->pause_count && !v->domain->pause_count;
}

/* The run state of a vCPU that does not run. */
static int idle_runstate(const struct vcpu *v)
{
    if (vcpu_runnable(v))
        return RUNSTATE_runnable;
    return v->sched.blocked ? RUNSTATE_blocked : RUNSTATE_offline;
}

/* Count what @v has used of the CPU since the last time; it is running. */
static void charge_locked(struct sched_cpu *sc, struct vcpu *v, uint64_t now)
{
    struct sched_vcpu *s = &v->sched;
    unsigned int weight = v->domain->sched.weight;

    if (now <= s->started_ns)
        return;
    runq_charge(&sc->rq, s, now - s->started_ns,
                weight ? weight : SCHED_WEIGHT_DEFAULT);
    s->started_ns = now;
}

void vcpu_wake(struct vcpu *v)
{
    struct sched_vcpu *s = &v->sched;
    struct sched_cpu *sc = &sched_cpus[s->cpu];
    struct cpu *c = &cpus[s->cpu];
    uint64_t slice = 0, now;

    lock_take(&sc->rq.lock);
    if (s->queued || s->running || !vcpu_runnable(v)) {
        lock_release(&sc->rq.lock);
        return;
    }

    now = now_ns();
    runstate_change_at(v, RUNSTATE_runnable, now);
    if (sc->running)
        charge_locked(sc, sc->running, now);
    runq_place(&sc->rq, s);
    runq_insert(&sc->rq, s);
    if (!sc->running || runq_preempts(s, &sc->running->sched))
        work_raise(c, WORK_SCHED);
    else
        slice = runq_slice_ns(&sc->rq);
    lock_release(&sc->rq.lock);

    /* The turn was measured for fewer, or is without limit. */
    if (slice &&
        runq_turn_too_long(sc->slice.armed ? sc->slice.node.key : UINT64_MAX,
                           now, slice))
        timer_set(&sc->slice, now + slice);
}

void vcpu_sleep(struct vcpu *v)
{
    struct sched_vcpu *s = &v->sched;
    struct sched_cpu *sc = &sched_cpus[s->cpu];

    lock_take(&sc->rq.lock);
    if (s->running) {
        work_raise(&cpus[s->cpu], WORK_SCHED);
    } else {
        if (s->queued && !vcpu_runnable(v))
            runq_remove(&sc->rq, s);
        if (!s->queued)
            runstate_change(v, idle_runstate(v));
    }
    lock_release(&sc->rq.lock);
}

void vcpu_unblock(struct vcpu *v)
{
    struct sched_vcpu *s = &v->sched;

    if (!__atomic_exchange_n(&s->blocked, false, __ATOMIC_SEQ_CST))
        return;
    if (v->evtchn.polling)
        evtchn_poll_end(v);
    vcpu_wake(v);
}

/* Who runs next, taken out of the queue; NULL: idle.  Lock: the queue's. */
static struct vcpu *pick_locked(struct sched_cpu *sc, struct vcpu *prev,
                                uint64_t now)
{
    struct sched_vcpu *first = runq_first(&sc->rq), *s;

    if (prev) {
        s = &prev->sched;
        charge_locked(sc, prev, now);
        if (vcpu_runnable(prev)) {
            if (s->yielded)
                runq_yield(&sc->rq, s);
            s->yielded = false;
            if (!first || s->vtime <= first->vtime)
                return prev;
            s->running = false;
            runq_insert(&sc->rq, s);
        }
        s->running = false;
        runstate_change_at(prev, idle_runstate(prev), now);
    }

    sc->running = NULL;
    if (!first)
        return NULL;
    runq_remove(&sc->rq, first);
    first->running = true;
    first->started_ns = now;
    sc->running = container_of(first, struct vcpu, sched);

    return sc->running;
}

/* What must not wait for a guest to run again. */
static void idle_work(struct cpu *c)
{
    static const struct {
        enum work bit;
        void (*fn)(void);
    } table[] = {
        { WORK_TIMER, timer_work },     { WORK_KEY, console_key_work },
        { WORK_TLB, vcpu_unload_idle }, { WORK_DUMP, console_dump_here },
        { WORK_NMI, nmi_work },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
        uint32_t bit = 1U << table[i].bit;

        if (__atomic_fetch_and(&c->work, ~bit, __ATOMIC_ACQUIRE) & bit)
            table[i].fn();
    }
}

/* Wait until somebody is queued. */
static void idle(struct cpu *c, struct sched_cpu *sc)
{
    const uint32_t mine = 1U << WORK_TIMER | 1U << WORK_KEY | 1U << WORK_TLB |
                          1U << WORK_DUMP | 1U << WORK_NMI;

    c->idle = true;
    sc->idle_since_ns = now_ns();
    while (!__atomic_load_n(&sc->rq.nr, __ATOMIC_ACQUIRE)) {
        if (__atomic_load_n(&c->work, __ATOMIC_ACQUIRE) & mine) {
            idle_work(c);
        } else if (heap_scrub_some()) {
            sti_window();
        } else {
            timer_idle();
            safe_halt();
        }
    }
    sc->idle_ns += now_ns() - sc->idle_since_ns;
    sc->idle_since_ns = 0;
    c->idle = false;
}

uint64_t sched_idle_ns(unsigned int cpu)
{
    const struct sched_cpu *sc = &sched_cpus[cpu];

    return sc->idle_ns + (sc->idle_since_ns ? now_ns() - sc->idle_since_ns : 0);
}

void schedule(void)
{
    struct cpu *c = this_cpu();
    struct sched_cpu *sc = &sched_cpus[c->id];
    struct vcpu *prev, *next;
    uint64_t slice, now;

    for (;;) {
        __atomic_fetch_and(&c->work, ~(1U << WORK_SCHED), __ATOMIC_ACQUIRE);
        now = now_ns();
        lock_take(&sc->rq.lock);
        prev = sc->running;
        next = pick_locked(sc, prev, now);
        slice = runq_slice_ns(&sc->rq);
        lock_release(&sc->rq.lock);
        if (next)
            break;
        idle(c, sc);
    }

    if (slice)
        timer_set(&sc->slice, now + slice);
    if (next == prev)
        return;

    runstate_change_at(next, RUNSTATE_running, now);
    if (next != current_vcpu())
        vcpu_switch_to(next);
    runstate_publish(next);
}

/* What a key asked for is printed whatever the threshold. */
void sched_dump(void)
{
    struct sched_cpu *sc = &sched_cpus[this_cpu_id()];

    log_err("CPU %u: %u queued, floor %lu us\n", this_cpu_id(), sc->rq.nr,
            (unsigned long)(sc->rq.floor / 1000));
    list_for_each(l, &domain_list)
    {
        struct domain *d = list_entry(l, struct domain, link);

        for (unsigned int i = 0; i < d->max_vcpus; i++) {
            const struct vcpu *v = d->vcpu[i];

            if (!v || !v->sched.up)
                continue;
            log_err("  d%uv%u:%s%s%s%s vtime %lu us\n", d->id, v->id,
                    v->sched.running ? " running" : "",
                    v->sched.queued ? " queued" : "",
                    v->sched.blocked ? " blocked" : "",
                    v->evtchn.polling ? " polling" : "",
                    (unsigned long)(v->sched.vtime / 1000));
        }
    }
}
