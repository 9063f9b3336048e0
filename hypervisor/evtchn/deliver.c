/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Delivery of events: by the ABI that the guest has chosen, then to vCPUs
 * that wait in SCHEDOP_poll.
 */
#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/sched.h>
#include <hv/vcpu.h>
#include "local.h"

static bool uses_fifo(const struct domain *d)
{
    return __atomic_load_n(&d->evtchn.fifo, __ATOMIC_ACQUIRE);
}

/* @v has an event pending: wake it, or make it look. */
static void vcpu_kick(struct vcpu *v)
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

void event_upcall(struct vcpu *v)
{
    struct vcpu_info *info;

    /* Once more if it moves meanwhile: the flag may have been copied before. */
    do {
        info = __atomic_load_n(&v->info, __ATOMIC_SEQ_CST);
        if (!__atomic_exchange_n(&info->evtchn_upcall_pending, 1,
                                 __ATOMIC_SEQ_CST))
            vcpu_kick(v);
    } while (unlikely(info != __atomic_load_n(&v->info, __ATOMIC_SEQ_CST)));
}

/* Wake the vCPUs that wait for @port in SCHEDOP_poll, masked or not. */
static __attribute__((noinline)) void wake_pollers(struct domain *d,
                                                   unsigned int port)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(d->evtchn.pollers); i++) {
        uint64_t bits =
            __atomic_load_n(&d->evtchn.pollers[i], __ATOMIC_SEQ_CST);

        for (; bits; bits &= bits - 1) {
            unsigned int id = i * 64 + __builtin_ctzl(bits);
            struct vcpu *v = d->vcpu[id];
            uint32_t only =
                __atomic_load_n(&v->evtchn.poll_port, __ATOMIC_RELAXED);

            /* Not blocked: it is yet to look at its ports, or done. */
            if ((only == EVTCHN_POLL_ANY || only == port) &&
                __atomic_load_n(&v->sched.blocked, __ATOMIC_SEQ_CST))
                vcpu_unblock(v);
        }
    }
}

void event_set_pending(struct domain *d, struct evtchn *c, unsigned int port)
{
    const uint64_t *pollers = d->evtchn.pollers;
    bool news = uses_fifo(d) ? fifo_set_pending(d, c, port)
                             : two_level_set_pending(d, c, port);

    if (news && (__atomic_load_n(&pollers[0], __ATOMIC_SEQ_CST) |
                 __atomic_load_n(&pollers[1], __ATOMIC_SEQ_CST)))
        wake_pollers(d, port);
}

void event_clear_pending(struct domain *d, struct evtchn *c, unsigned int port)
{
    if (uses_fifo(d))
        fifo_clear_pending(d, c, port);
    else
        two_level_clear_pending(d, port);
}

void event_unmask(struct domain *d, struct evtchn *c, unsigned int port)
{
    if (uses_fifo(d))
        fifo_unmask(d, c, port);
    else
        two_level_unmask(d, c, port);
}

bool event_busy(struct domain *d, unsigned int port)
{
    return uses_fifo(d) && fifo_busy(d, port);
}

/* Is the port's pending bit set? */
static bool event_pending(struct domain *d, unsigned int port)
{
    return uses_fifo(d) ? fifo_pending(d, port) : two_level_pending(d, port);
}

int evtchn_port_pending(struct domain *d, unsigned int port)
{
    struct evtchn *c = evtchn_lookup(d, port);
    bool pending;

    if (!c)
        return -EINVAL;
    lock_take(&c->lock);
    pending = c->state != ECS_FREE && event_pending(d, port);
    lock_release(&c->lock);

    return pending;
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
