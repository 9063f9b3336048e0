/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels through their hypercall: three domains whose memory is the
 * test's, with shared_info pages that the test reads as a guest would.
 */
#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
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
    d->refs--;
}

bool vcpu_is_control(const struct vcpu *v) { return v->domain->control; }

void vcpu_unblock(struct vcpu *v)
{
    v->sched.blocked = false;
    if (v->evtchn.polling)
        evtchn_poll_end(v);
    unblocked++;
}

int pirq_bind(struct domain *d, unsigned int pirq, unsigned int port,
              bool will_share)
{
    (void)d;
    (void)will_share;
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

void pirq_unmasked(struct domain *d, unsigned int pirq)
{
    (void)d;
    (void)pirq;
}

static int setup(void **state)
{
    (void)state;
    memset(doms, 0, sizeof(doms));
    memset(vcpus, 0, sizeof(vcpus));
    memset(shared, 0, sizeof(shared));
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
        list_add_tail(&d->link, &domain_list);
        assert_int_equal(evtchn_domain_init(d, 4095), 0);
    }
    dom0->pirq = (void *)&pirq_bound;
    return 0;
}

/* Whatever a test left behind: destroying frees it and loses no reference. */
static int teardown(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < NR_DOMAINS; i++) {
        assert_int_equal(evtchn_domain_destroy(&doms[i]), 0);
        assert_int_equal(evtchn_domain_destroy(&doms[i]), 0);
    }
    for (unsigned int i = 0; i < NR_DOMAINS; i++)
        assert_int_equal(doms[i].refs, 1);
    assert_int_equal(allocations, 0);
    return 0;
}

static long call(unsigned int dom, unsigned int cmd, void *arg)
{
    struct hcall h = { .arg = { cmd, (unsigned long)arg },
                       .caller = &vcpus[dom][0] };

    fake_top.current = h.caller;
    return hc_event_channel_op(&h);
}

static bool pending(unsigned int dom, unsigned int port)
{
    return shared[dom].evtchn_pending[port / 64] >> (port % 64) & 1;
}

static void mask(unsigned int dom, unsigned int port)
{
    shared[dom].evtchn_mask[port / 64] |= 1UL << (port % 64);
}

/* Take all events as a guest does: flag, selector, words. */
static void consume(unsigned int dom, unsigned int vcpu)
{
    struct vcpu_info *i = vcpus[dom][vcpu].info;

    i->evtchn_upcall_pending = 0;
    i->evtchn_pending_sel = 0;
    memset(shared[dom].evtchn_pending, 0, sizeof(shared[dom].evtchn_pending));
}

static long alloc_unbound(unsigned int caller, domid_t dom, domid_t remote)
{
    struct evtchn_alloc_unbound a = { .dom = dom, .remote_dom = remote };
    long err = call(caller, EVTCHNOP_alloc_unbound, &a);

    return err ? err : (long)a.port;
}

static long bind_interdomain(unsigned int caller, domid_t dom, uint32_t port)
{
    struct evtchn_bind_interdomain b = { .remote_dom = dom,
                                         .remote_port = port };
    long err = call(caller, EVTCHNOP_bind_interdomain, &b);

    return err ? err : (long)b.local_port;
}

static long bind_virq(unsigned int caller, uint32_t virq, uint32_t vcpu)
{
    struct evtchn_bind_virq b = { .virq = virq, .vcpu = vcpu };
    long err = call(caller, EVTCHNOP_bind_virq, &b);

    return err ? err : (long)b.port;
}

static long bind_ipi(unsigned int caller, uint32_t vcpu)
{
    struct evtchn_bind_ipi b = { .vcpu = vcpu };
    long err = call(caller, EVTCHNOP_bind_ipi, &b);

    return err ? err : (long)b.port;
}

static long send(unsigned int caller, uint32_t port)
{
    struct evtchn_send s = { .port = port };

    return call(caller, EVTCHNOP_send, &s);
}

static long close_port(unsigned int caller, uint32_t port)
{
    struct evtchn_close c = { .port = port };

    return call(caller, EVTCHNOP_close, &c);
}

static long bind_vcpu(unsigned int caller, uint32_t port, uint32_t vcpu)
{
    struct evtchn_bind_vcpu b = { .port = port, .vcpu = vcpu };

    return call(caller, EVTCHNOP_bind_vcpu, &b);
}

static struct evtchn_status status(unsigned int caller, domid_t dom,
                                   uint32_t port)
{
    struct evtchn_status s = { .dom = dom, .port = port };

    assert_int_equal(call(caller, EVTCHNOP_status, &s), 0);
    return s;
}

/* A channel between domains 1 (port *a) and 2 (port *b). */
static void connect_1_2(unsigned int *a, unsigned int *b)
{
    *a = alloc_unbound(1, DOMID_SELF, 2);
    assert_true((int)*a > 0);
    *b = bind_interdomain(2, 1, *a);
    assert_true((int)*b > 0);
}

static void event_travels_both_ways(void **state)
{
    unsigned int a, b;

    (void)state;
    connect_1_2(&a, &b);
    consume(2, 0);
    assert_int_equal(send(1, a), 0);
    assert_true(pending(2, b));
    assert_int_equal(vcpus[2][0].info->evtchn_pending_sel, 1UL << b / 64);
    assert_int_equal(vcpus[2][0].info->evtchn_upcall_pending, 1);
    assert_false(pending(1, a));
    assert_int_equal(send(2, b), 0);
    assert_true(pending(1, a));
}

static void binding_raises_one_event(void **state)
{
    unsigned int a, b;

    (void)state;
    connect_1_2(&a, &b);
    assert_true(pending(2, b));
    assert_false(pending(1, a));
}

static void masked_port_is_pending_without_upcall(void **state)
{
    struct evtchn_unmask u;
    unsigned int a, b;

    (void)state;
    connect_1_2(&a, &b);
    consume(2, 0);
    mask(2, b);
    assert_int_equal(send(1, a), 0);
    assert_true(pending(2, b));
    assert_int_equal(vcpus[2][0].info->evtchn_upcall_pending, 0);
    assert_int_equal(vcpus[2][0].info->evtchn_pending_sel, 0);

    u.port = b;
    assert_int_equal(call(2, EVTCHNOP_unmask, &u), 0);
    assert_int_equal(vcpus[2][0].info->evtchn_upcall_pending, 1);
    assert_int_equal(vcpus[2][0].info->evtchn_pending_sel, 1);
}

static void blocked_vcpu_is_woken_once(void **state)
{
    unsigned int a, b;

    (void)state;
    connect_1_2(&a, &b);
    consume(2, 0);
    vcpus[2][0].sched.blocked = true;
    send(1, a);
    assert_int_equal(unblocked, 1);
    send(1, a);
    assert_int_equal(unblocked, 1);
}

static void poller_is_woken_by_a_masked_port(void **state)
{
    unsigned int a, b;

    (void)state;
    connect_1_2(&a, &b);
    consume(2, 0);
    mask(2, b);
    evtchn_poll_begin(&vcpus[2][1], b + 1);
    vcpus[2][1].sched.blocked = true;
    send(1, a);
    assert_int_equal(unblocked, 0);
    assert_true(evtchn_port_pending(&doms[2], b));

    consume(2, 0);
    evtchn_poll_begin(&vcpus[2][1], b);
    send(1, a);
    assert_int_equal(unblocked, 1);
    assert_false(vcpus[2][1].evtchn.polling);
}

static void closing_makes_the_peer_unbound(void **state)
{
    struct evtchn_status s;
    unsigned int a, b;

    (void)state;
    connect_1_2(&a, &b);
    assert_int_equal(close_port(2, b), 0);
    s = status(1, DOMID_SELF, a);
    assert_int_equal(s.status, EVTCHNSTAT_unbound);
    assert_int_equal(s.u.unbound.dom, 2);
    assert_int_equal(send(1, a), 0); /* dropped */
    assert_int_equal(close_port(2, b), -EINVAL);
    assert_int_equal(send(2, b), -EINVAL);
    assert_true(bind_interdomain(2, 1, a) > 0); /* and can be bound again */
}

static void destroying_frees_the_peers(void **state)
{
    unsigned int a, b;

    (void)state;
    connect_1_2(&a, &b);
    assert_int_equal(evtchn_domain_destroy(&doms[2]), 0);
    assert_int_equal(status(1, DOMID_SELF, a).status, EVTCHNSTAT_unbound);
    assert_int_equal(send(1, a), 0);
    assert_int_equal(bind_interdomain(1, 2, b), -EINVAL);
    assert_int_equal(alloc_unbound(0, 2, 0), -ENOSPC); /* no way back */
}

static void loopback_closes_cleanly(void **state)
{
    unsigned int a, b;

    (void)state;
    a = alloc_unbound(1, DOMID_SELF, DOMID_SELF);
    b = bind_interdomain(1, DOMID_SELF, a);
    assert_true((int)b > 0 && a != b);
    consume(1, 0);
    assert_int_equal(send(1, a), 0);
    assert_true(pending(1, b));
    assert_int_equal(close_port(1, a), 0);
    assert_int_equal(status(1, DOMID_SELF, b).status, EVTCHNSTAT_unbound);
}

static void port_is_recycled_clean(void **state)
{
    unsigned int a, b, c;

    (void)state;
    connect_1_2(&a, &b);
    send(1, a);
    assert_true(pending(2, b));
    close_port(2, b);
    assert_false(pending(2, b));
    c = alloc_unbound(2, DOMID_SELF, 1);
    assert_int_equal(c, b); /* the lowest free one */
    assert_int_equal(status(2, DOMID_SELF, c).vcpu, 0);
}

static const struct {
    const char *why;
    uint32_t virq, vcpu;
    long ret; /* or 1: a port */
} virq_cases[] = {
    { "timer of vCPU 1", VIRQ_TIMER, 1, 1 },
    { "timer of vCPU 0 too", VIRQ_TIMER, 0, 1 },
    { "timer again", VIRQ_TIMER, 1, -EEXIST },
    { "global on vCPU 0", VIRQ_DOM_EXC, 0, 1 },
    { "global once", VIRQ_DOM_EXC, 0, -EEXIST },
    { "global elsewhere", VIRQ_CONSOLE, 1, -EINVAL },
    { "no such vCPU", VIRQ_TIMER, 2, -ENOENT },
    { "no such VIRQ", NR_VIRQS, 0, -EINVAL },
};

static void virqs_bind_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(virq_cases); i++) {
        long ret = bind_virq(0, virq_cases[i].virq, virq_cases[i].vcpu);

        print_message("%s\n", virq_cases[i].why);
        if (virq_cases[i].ret == 1)
            assert_true(ret > 0);
        else
            assert_int_equal(ret, virq_cases[i].ret);
    }
}

static void virqs_reach_their_vcpu(void **state)
{
    long timer = bind_virq(0, VIRQ_TIMER, 1);
    long exc = bind_virq(0, VIRQ_DOM_EXC, 0);

    (void)state;
    virq_raise(&vcpus[0][1], VIRQ_TIMER);
    virq_raise(&vcpus[0][0], VIRQ_TIMER); /* not bound: nothing */
    assert_true(pending(0, timer));
    assert_int_equal(vcpus[0][1].info->evtchn_upcall_pending, 1);
    assert_int_equal(vcpus[0][0].info->evtchn_upcall_pending, 0);

    assert_int_equal(bind_vcpu(0, timer, 0), -EINVAL);
    assert_int_equal(bind_vcpu(0, exc, 1), 0);
    consume(0, 1);
    virq_raise_global(VIRQ_DOM_EXC);
    assert_true(pending(0, exc));
    assert_int_equal(vcpus[0][1].info->evtchn_upcall_pending, 1);

    assert_int_equal(close_port(0, exc), 0);
    consume(0, 1);
    virq_raise_global(VIRQ_DOM_EXC);
    assert_false(pending(0, exc));
    assert_true(bind_virq(0, VIRQ_DOM_EXC, 0) > 0);
}

static void ipi_goes_to_its_vcpu(void **state)
{
    long p = bind_ipi(1, 1);

    (void)state;
    assert_true(p > 0);
    assert_int_equal(send(1, p), 0);
    assert_int_equal(vcpus[1][1].info->evtchn_upcall_pending, 1);
    assert_int_equal(bind_vcpu(1, p, 0), -EINVAL);
    assert_int_equal(bind_ipi(1, NR_TEST_VCPUS), -ENOENT);
    assert_int_equal(status(1, DOMID_SELF, p).status, EVTCHNSTAT_ipi);
}

static void pirq_needs_a_domain_with_pirqs(void **state)
{
    struct evtchn_bind_pirq b = { .pirq = 5 };

    (void)state;
    assert_int_equal(call(1, EVTCHNOP_bind_pirq, &b), -EPERM);
    assert_int_equal(call(0, EVTCHNOP_bind_pirq, &b), 0);
    assert_int_equal(pirq_bound, b.port);
    assert_int_equal(status(0, DOMID_SELF, b.port).u.pirq, 5);
    evtchn_raise(&doms[0], b.port);
    assert_true(pending(0, b.port));
    assert_int_equal(send(0, b.port), -EINVAL);
    assert_int_equal(close_port(0, b.port), 0);
    assert_int_equal(pirq_bound, 0);

    b.pirq = 13; /* refused below: the port must be free again */
    assert_int_equal(call(0, EVTCHNOP_bind_pirq, &b), -EINVAL);
    assert_int_equal(doms[0].evtchn.nr_active, 0);
}

static void others_channels_are_for_the_privileged(void **state)
{
    struct evtchn_status s = { .dom = 2, .port = 1 };
    unsigned int a, b;

    (void)state;
    connect_1_2(&a, &b);
    assert_int_equal(alloc_unbound(1, 2, 1), -EPERM);
    assert_int_equal(call(1, EVTCHNOP_status, &s), -EPERM);
    assert_true(alloc_unbound(0, 2, 0) > 0);
    assert_int_equal(status(0, 2, b).u.interdomain.dom, 1);
    assert_int_equal(status(0, 2, b).u.interdomain.port, a);
    assert_int_equal(alloc_unbound(0, 77, 0), -ESRCH);
    assert_int_equal(bind_interdomain(1, 77, 1), -ESRCH);
    s.dom = 77;
    assert_int_equal(call(0, EVTCHNOP_status, &s), -ESRCH);
}

static void only_the_invited_may_bind(void **state)
{
    long a = alloc_unbound(1, DOMID_SELF, 2);

    (void)state;
    assert_int_equal(bind_interdomain(0, 1, a), -EINVAL);
    assert_int_equal(bind_interdomain(2, 1, a + 1), -EINVAL);
    assert_int_equal(bind_interdomain(2, 1, 0), -EINVAL);
    assert_int_equal(bind_interdomain(2, 1, ~0U), -EINVAL);
    assert_true(bind_interdomain(2, 1, a) > 0);
    assert_int_equal(bind_interdomain(2, 1, a), -EINVAL);
}

static void ports_run_out_at_the_limit(void **state)
{
    unsigned int n = 0;

    (void)state;
    while (alloc_unbound(1, DOMID_SELF, 2) > 0)
        n++;
    assert_int_equal(n, 4095);
    assert_int_equal(alloc_unbound(1, DOMID_SELF, 2), -ENOSPC);
    assert_int_equal(evtchn_reset(&doms[1]), 0);
    assert_int_equal(alloc_unbound(1, DOMID_SELF, 2), 1);
}

static void destroying_gets_on_when_it_is_stopped(void **state)
{
    unsigned int calls = 0;

    (void)state;
    for (unsigned int i = 0; i < 1000; i++)
        alloc_unbound(1, DOMID_SELF, 2);
    preempt = true;
    while (evtchn_domain_destroy(&doms[1]) == -ERESTART)
        calls++;
    assert_in_range(calls, 10, 20);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    out_of_memory = true;
    assert_int_equal(alloc_unbound(1, DOMID_SELF, 2), -ENOMEM);
    assert_int_equal(bind_virq(0, VIRQ_TIMER, 0), -ENOMEM);
    out_of_memory = false;
    assert_true(bind_virq(0, VIRQ_TIMER, 0) > 0);
}

static void fifo_and_unknown_calls_are_not_there(void **state)
{
    char arg[64] = { 0 };

    (void)state;
    assert_int_equal(call(1, EVTCHNOP_init_control, arg), -ENOSYS);
    assert_int_equal(call(1, EVTCHNOP_expand_array, arg), -ENOSYS);
    assert_int_equal(call(1, EVTCHNOP_set_priority, arg), -ENOSYS);
    assert_int_equal(call(1, 9999, arg), -ENOSYS);
}

/* Random calls: EC-1 holds for every channel after each of them. */
static void check_ec1(void)
{
    for (unsigned int i = 0; i < NR_DOMAINS; i++) {
        for (unsigned int p = 1; p < doms[i].evtchn.nr_ports; p++) {
            struct evtchn_status s = status(0, i, p), r;

            if (s.status != EVTCHNSTAT_interdomain)
                continue;
            r = status(0, s.u.interdomain.dom, s.u.interdomain.port);
            assert_int_equal(r.status, EVTCHNSTAT_interdomain);
            assert_int_equal(r.u.interdomain.dom, i);
            assert_int_equal(r.u.interdomain.port, p);
        }
    }
}

static void random_calls_keep_ec1(void **state)
{
    (void)state;
    srand(1);
    for (unsigned int n = 0; n < 3000; n++) {
        unsigned int dom = rand() % NR_DOMAINS, port = rand() % 40;

        switch (rand() % 5) {
        case 0:
            alloc_unbound(dom, DOMID_SELF, rand() % NR_DOMAINS);
            break;
        case 1:
            bind_interdomain(dom, rand() % NR_DOMAINS, port);
            break;
        case 2:
        case 3:
            close_port(dom, port);
            break;
        case 4:
            send(dom, port);
            break;
        }
        if (n % 16 == 0)
            check_ec1();
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(event_travels_both_ways),
        TEST(binding_raises_one_event),
        TEST(masked_port_is_pending_without_upcall),
        TEST(blocked_vcpu_is_woken_once),
        TEST(poller_is_woken_by_a_masked_port),
        TEST(closing_makes_the_peer_unbound),
        TEST(destroying_frees_the_peers),
        TEST(loopback_closes_cleanly),
        TEST(port_is_recycled_clean),
        TEST(virqs_bind_as_the_table_says),
        TEST(virqs_reach_their_vcpu),
        TEST(ipi_goes_to_its_vcpu),
        TEST(pirq_needs_a_domain_with_pirqs),
        TEST(others_channels_are_for_the_privileged),
        TEST(only_the_invited_may_bind),
        TEST(ports_run_out_at_the_limit),
        TEST(destroying_gets_on_when_it_is_stopped),
        TEST(no_memory_is_an_error),
        TEST(fifo_and_unknown_calls_are_not_there),
        TEST(random_calls_keep_ec1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
