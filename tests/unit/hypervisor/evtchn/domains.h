/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of event channels stand on: three domains whose memory is
 * the test's, and their hypercalls.  Included once by each program.
 */
#ifndef EVTCHN_DOMAINS_H
#define EVTCHN_DOMAINS_H

#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/frame.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/heap.h>
#include <hv/console.h>
#include <hv/irq.h>
#include <hv/string.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#define NR_DOMAINS 3
#define NR_TEST_VCPUS 2

struct cpu cpus[NR_CPUS];
struct stack_top fake_top;
struct domain *dom0;
struct list domain_list = LIST_INIT(domain_list);
struct lock domain_list_lock = LOCK_INIT(LR_DOMAIN_LIST);

static struct domain doms[NR_DOMAINS]; /* 0 is the control domain */
static struct vcpu vcpus[NR_DOMAINS][NR_TEST_VCPUS];
static struct vcpu *tables[NR_DOMAINS][NR_TEST_VCPUS];
static struct shared_info shared[NR_DOMAINS];
static unsigned int allocations, unblocked, pirq_bound;
static bool out_of_memory, preempt;

/* Pages that the domains may give away, and how often each is held. */
#define NR_GUEST_PAGES 160
static _Alignas(
    PAGE_SIZE) char guest_page[NR_DOMAINS][NR_GUEST_PAGES][PAGE_SIZE];
static unsigned int held[NR_DOMAINS][NR_GUEST_PAGES];

void panic(const char *fmt, ...)
{
    fail_msg("panic: %s", fmt);
    __builtin_unreachable();
}

void log_print(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
}

void *hv_alloc(size_t size)
{
    if (out_of_memory)
        return NULL;
    allocations++;
    return calloc(1, size);
}

void hv_free(void *p)
{
    allocations -= p != NULL;
    free(p);
}

void *heap_alloc(unsigned int order) { return hv_alloc(PAGE_SIZE << order); }

void heap_free(void *p, unsigned int order)
{
    (void)order;
    hv_free(p);
}

/* The page's number among those of @d, or -1. */
static inline long page_index(mfn_t m, unsigned int dom)
{
    uintptr_t at = (uintptr_t)mfn_to_virt(m), base = (uintptr_t)guest_page[dom];

    return at >= base && at < base + sizeof(guest_page[dom])
               ? (long)((at - base) / PAGE_SIZE)
               : -1;
}

int frame_get_with_type(mfn_t m, const struct domain *d, enum page_type want)
{
    long i = page_index(m, d->id);

    assert_int_equal(want, PT_WRITABLE);
    if (i < 0)
        return -EINVAL;
    held[d->id][i]++;
    return 0;
}

void frame_put_with_type(mfn_t m)
{
    for (unsigned int dom = 0; dom < NR_DOMAINS; dom++) {
        long i = page_index(m, dom);

        if (i < 0)
            continue;
        assert_true(held[dom][i] > 0);
        held[dom][i]--;
        return;
    }
    fail_msg("not a page of a guest");
}

int copy_from_guest(void *to, unsigned long u, size_t len)
{
    memcpy(to, (void *)u, len);
    return 0;
}

int copy_to_guest(unsigned long u, const void *from, size_t len)
{
    memcpy((void *)u, from, len);
    return 0;
}

bool preempt_needed(void) { return preempt; }

struct domain *domain_get_by_id(domid_t id)
{
    if (id >= NR_DOMAINS)
        return NULL;
    domain_get(&doms[id]);
    return &doms[id];
}

struct domain *domain_get_target(domid_t id)
{
    return domain_get_by_id(id == DOMID_SELF ? fake_top.current->domain->id
                                             : id);
}

void domain_put(struct domain *d)
{
    assert_true(d->refs > 1);
    __atomic_fetch_sub(&d->refs, 1, __ATOMIC_RELAXED);
}

bool vcpu_is_control(const struct vcpu *v) { return v->domain->control; }

void vcpu_unblock(struct vcpu *v)
{
    v->sched.blocked = false;
    unblocked++;
}

int pirq_bind(struct domain *d, unsigned int pirq, unsigned int port)
{
    (void)d;
    if (pirq == 13)
        return -EINVAL;
    pirq_bound = port;
    return 0;
}

void pirq_unbind(struct domain *d, unsigned int pirq, unsigned int port)
{
    (void)d;
    (void)pirq;
    assert_int_equal(pirq_bound, port);
    pirq_bound = 0;
}

void pirq_move(struct domain *d, unsigned int pirq, unsigned int cpu)
{
    (void)d;
    (void)pirq;
    (void)cpu;
}

int pirq_eoi(struct domain *d, unsigned int pirq)
{
    (void)d;
    (void)pirq;
    return 0;
}

static inline int setup(void **state)
{
    (void)state;
    memset(doms, 0, sizeof(doms));
    memset(vcpus, 0, sizeof(vcpus));
    memset(shared, 0, sizeof(shared));
    memset(guest_page, 0, sizeof(guest_page));
    memset(held, 0, sizeof(held));
    list_init(&domain_list);
    allocations = unblocked = pirq_bound = 0;
    out_of_memory = preempt = false;
    dom0 = &doms[0];
    fake_top.cpu = &cpus[0];
    for (unsigned int i = 0; i < NR_DOMAINS; i++) {
        struct domain *d = &doms[i];

        d->id = i;
        d->refs = 1;
        d->control = i == 0;
        d->shared = &shared[i];
        d->vcpu = tables[i];
        d->max_vcpus = NR_TEST_VCPUS;
        for (unsigned int n = 0; n < NR_TEST_VCPUS; n++) {
            vcpus[i][n].id = n;
            vcpus[i][n].domain = d;
            vcpus[i][n].info = &shared[i].vcpu_info[n];
            tables[i][n] = &vcpus[i][n];
        }
        list_add_before(&d->link, &domain_list);
        assert_int_equal(evtchn_domain_init(d, MAX_PORT), 0);
    }
    dom0->pirq = (void *)&pirq_bound;
    return 0;
}

/* Whatever a test left behind: destroying frees it and loses no reference. */
static inline int teardown(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < NR_DOMAINS; i++) {
        assert_int_equal(evtchn_domain_destroy(&doms[i]), 0);
        assert_int_equal(evtchn_domain_destroy(&doms[i]), 0);
    }
    for (unsigned int i = 0; i < NR_DOMAINS; i++) {
        evtchn_domain_free(&doms[i]);
        assert_int_equal(doms[i].refs, 1);
        for (unsigned int n = 0; n < NR_GUEST_PAGES; n++)
            assert_int_equal(held[i][n], 0);
    }
    assert_int_equal(allocations, 0);
    return 0;
}

static inline long call(unsigned int dom, unsigned int cmd, void *arg)
{
    struct hcall h = { .arg = { cmd, (unsigned long)arg },
                       .caller = &vcpus[dom][0] };

    fake_top.current = h.caller;
    return hc_event_channel_op(&h);
}

static inline bool pending(unsigned int dom, unsigned int port)
{
    return shared[dom].evtchn_pending[port / 64] >> (port % 64) & 1;
}

static inline void mask(unsigned int dom, unsigned int port)
{
    shared[dom].evtchn_mask[port / 64] |= 1UL << (port % 64);
}

/* Take all events as a guest does: flag, selector, words. */
static inline void consume(unsigned int dom, unsigned int vcpu)
{
    struct vcpu_info *i = vcpus[dom][vcpu].info;

    i->evtchn_upcall_pending = 0;
    i->evtchn_pending_sel = 0;
    memset(shared[dom].evtchn_pending, 0, sizeof(shared[dom].evtchn_pending));
}

static inline long alloc_unbound(unsigned int caller, domid_t dom,
                                 domid_t remote)
{
    struct evtchn_alloc_unbound a = { .dom = dom, .remote_dom = remote };
    long err = call(caller, EVTCHNOP_alloc_unbound, &a);

    return err ? err : (long)a.port;
}

static inline long bind_interdomain(unsigned int caller, domid_t dom,
                                    uint32_t port)
{
    struct evtchn_bind_interdomain b = { .remote_dom = dom,
                                         .remote_port = port };
    long err = call(caller, EVTCHNOP_bind_interdomain, &b);

    return err ? err : (long)b.local_port;
}

static inline long bind_virq(unsigned int caller, uint32_t virq, uint32_t vcpu)
{
    struct evtchn_bind_virq b = { .virq = virq, .vcpu = vcpu };
    long err = call(caller, EVTCHNOP_bind_virq, &b);

    return err ? err : (long)b.port;
}

static inline long bind_ipi(unsigned int caller, uint32_t vcpu)
{
    struct evtchn_bind_ipi b = { .vcpu = vcpu };
    long err = call(caller, EVTCHNOP_bind_ipi, &b);

    return err ? err : (long)b.port;
}

static inline long send(unsigned int caller, uint32_t port)
{
    struct evtchn_send s = { .port = port };

    return call(caller, EVTCHNOP_send, &s);
}

static inline long close_port(unsigned int caller, uint32_t port)
{
    struct evtchn_close c = { .port = port };

    return call(caller, EVTCHNOP_close, &c);
}

static inline long bind_vcpu(unsigned int caller, uint32_t port, uint32_t vcpu)
{
    struct evtchn_bind_vcpu b = { .port = port, .vcpu = vcpu };

    return call(caller, EVTCHNOP_bind_vcpu, &b);
}

static inline struct evtchn_status status(unsigned int caller, domid_t dom,
                                          uint32_t port)
{
    struct evtchn_status s = { .dom = dom, .port = port };

    assert_int_equal(call(caller, EVTCHNOP_status, &s), 0);
    return s;
}

#endif
