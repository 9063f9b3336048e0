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
#include <hv/vcpu.h>
#include "local.h"

#define WORD_BITS 64

/* Set bit @nr of the array at @p; was it set before? */
static bool test_and_set(xen_ulong_t *p, unsigned int nr)
{
    xen_ulong_t bit = 1UL << (nr % WORD_BITS);

    return __atomic_fetch_or(&p[nr / WORD_BITS], bit, __ATOMIC_SEQ_CST) & bit;
}

static void clear(xen_ulong_t *p, unsigned int nr)
{
    xen_ulong_t bit = 1UL << (nr % WORD_BITS);

    __atomic_fetch_and(&p[nr / WORD_BITS], ~bit, __ATOMIC_SEQ_CST);
}

static bool test(const xen_ulong_t *p, unsigned int nr)
{
    return __atomic_load_n(&p[nr / WORD_BITS], __ATOMIC_ACQUIRE) >>
               (nr % WORD_BITS) &
           1;
}

/*
 * Light the selector bit of @port, and ask for an upcall if that is new.  A
 * vcpu_info that moves meanwhile has all bits lit at its new place after the
 * move; so look again where it is.
 */
static void select_port(struct domain *d, const struct evtchn *c,
                        unsigned int port)
{
    unsigned int vcpu = __atomic_load_n(&c->vcpu, __ATOMIC_RELAXED);
    /* A domain gets its vCPUs after its first channels. */
    struct vcpu *v = vcpu < d->max_vcpus ? d->vcpu[vcpu] : NULL;
    struct vcpu_info *info;

    if (!v)
        return;
    do {
        info = __atomic_load_n(&v->info, __ATOMIC_SEQ_CST);
        if (!test_and_set(&info->evtchn_pending_sel, port / WORD_BITS))
            event_upcall(v);
    } while (unlikely(info != __atomic_load_n(&v->info, __ATOMIC_SEQ_CST)));
}

bool two_level_set_pending(struct domain *d, const struct evtchn *c,
                           unsigned int port)
{
    struct shared_info *s = d->shared;

    ASSERT(port < EVTCHN_2L_NR_CHANNELS);
    if (test_and_set(s->evtchn_pending, port))
        return false;
    if (!test(s->evtchn_mask, port))
        select_port(d, c, port);

    return true;
}

void two_level_clear_pending(struct domain *d, unsigned int port)
{
    ASSERT(port < EVTCHN_2L_NR_CHANNELS);
    clear(d->shared->evtchn_pending, port);
}

void two_level_unmask(struct domain *d, const struct evtchn *c,
                      unsigned int port)
{
    struct shared_info *s = d->shared;

    ASSERT(port < EVTCHN_2L_NR_CHANNELS);
    clear(s->evtchn_mask, port);
    if (test(s->evtchn_pending, port))
        select_port(d, c, port);
}

bool two_level_pending(struct domain *d, unsigned int port)
{
    ASSERT(port < EVTCHN_2L_NR_CHANNELS);
    return test(d->shared->evtchn_pending, port);
}
