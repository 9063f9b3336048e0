/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Delivery by the 2-level ABI: a pending and a mask bit for each port in
 * shared_info, a selector word and an upcall flag for each vCPU.
 *
 * The guest can write all of these at any time.  They are changed by atomic
 * operations only, and nothing that is read from them is used as an index:
 * a guest that scribbles there loses its own events.
 */
#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/sched.h>
#include <hv/vcpu.h>
#include "local.h"

#define WORD_BITS 64

/* Set bit @nr of the array at @p; was it set before? */
static bool test_and_set(xen_ulong_t *p, unsigned int nr)
{
    xen_ulong_t bit = 1UL << (nr % WORD_BITS);

    return __atomic_fetch_or(&p[nr / WORD_BITS], bit, __ATOMIC_SEQ_CST) & bit;
}

static bool test_and_clear(xen_ulong_t *p, unsigned int nr)
{
    xen_ulong_t bit = 1UL << (nr % WORD_BITS);

    return __atomic_fetch_and(&p[nr / WORD_BITS], ~bit, __ATOMIC_SEQ_CST) & bit;
}

static bool test(const xen_ulong_t *p, unsigned int nr)
{
    return __atomic_load_n(&p[nr / WORD_BITS], __ATOMIC_ACQUIRE) >>
               (nr % WORD_BITS) &
           1;
}

void vcpu_kick(struct vcpu *v)
{
    int cpu;

    if (__atomic_load_n(&v->sched.blocked, __ATOMIC_SEQ_CST)) {
        vcpu_unblock(v);
        return;
    }
    /* A vCPU that runs looks at its events on the way out. */
    cpu = vcpu_loaded_cpu(v);
    if (cpu >= 0)
        cpu_kick(cpu);
}

static void upcall(struct vcpu *v)
{
    if (!__atomic_exchange_n(&v->info->evtchn_upcall_pending, 1,
                             __ATOMIC_SEQ_CST))
        vcpu_kick(v);
}

/* Light the selector bit of @port, and ask for an upcall if that is new. */
static void select_port(struct domain *d, unsigned int vcpu, unsigned int port)
{
    /* A domain gets its vCPUs after its first channels. */
    struct vcpu *v = vcpu < d->max_vcpus ? d->vcpu[vcpu] : NULL;

    if (v && !test_and_set(&v->info->evtchn_pending_sel, port / WORD_BITS))
        upcall(v);
}

/* Wake the vCPUs that wait for @port in SCHEDOP_poll, masked or not. */
static void wake_pollers(struct domain *d, unsigned int port)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->evtchn.pollers); i++) {
        uint64_t bits =
            __atomic_load_n(&d->evtchn.pollers[i], __ATOMIC_SEQ_CST);

        for (; bits; bits &= bits - 1) {
            unsigned int id = i * 64 + __builtin_ctzl(bits);
            struct vcpu *v = d->vcpu[id];
            uint32_t only =
                __atomic_load_n(&v->evtchn.poll_port, __ATOMIC_RELAXED);

            if (only == EVTCHN_POLL_ANY || only == port)
                vcpu_unblock(v);
        }
    }
}

void event_set_pending(struct domain *d, unsigned int vcpu, unsigned int port)
{
    struct shared_info *s = d->shared;

    if (test_and_set(s->evtchn_pending, port))
        return;
    if (!test(s->evtchn_mask, port))
        select_port(d, vcpu, port);
    if (d->evtchn.pollers[0] | d->evtchn.pollers[1])
        wake_pollers(d, port);
}

void event_clear_pending(struct domain *d, unsigned int port)
{
    test_and_clear(d->shared->evtchn_pending, port);
}

void event_unmask(struct domain *d, unsigned int vcpu, unsigned int port)
{
    struct shared_info *s = d->shared;

    test_and_clear(s->evtchn_mask, port);
    if (test(s->evtchn_pending, port))
        select_port(d, vcpu, port);
}

bool evtchn_port_pending(struct domain *d, unsigned int port)
{
    return evtchn_lookup(d, port) && test(d->shared->evtchn_pending, port);
}

void evtchn_poll_begin(struct vcpu *v, unsigned int port)
{
    uint64_t bit = 1UL << (v->id % 64);

    ASSERT(v->id < EVTCHN_MAX_POLLERS);
    __atomic_store_n(&v->evtchn.poll_port, port, __ATOMIC_RELAXED);
    v->evtchn.polling = true;
    __atomic_fetch_or(&v->domain->evtchn.pollers[v->id / 64], bit,
                      __ATOMIC_SEQ_CST);
}

void evtchn_poll_end(struct vcpu *v)
{
    uint64_t bit = 1UL << (v->id % 64);

    __atomic_fetch_and(&v->domain->evtchn.pollers[v->id / 64], ~bit,
                       __ATOMIC_SEQ_CST);
    v->evtchn.polling = false;
}
