/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event channels through their hypercall, by the 2-level ABI. */
#define MAX_PORT 4095
#include "domains.h"

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

    /* It runs now, and polls again: the first one's end does not end that. */
    consume(2, 0);
    evtchn_poll_begin(&vcpus[2][1], b);
    send(1, a);
    assert_int_equal(unblocked, 1);
    consume(2, 0);
    vcpus[2][1].sched.blocked = true;
    send(1, a);
    assert_int_equal(unblocked, 2);
    evtchn_poll_end(&vcpus[2][1]);
    consume(2, 0);
    vcpus[2][1].sched.blocked = true;
    send(1, a);
    assert_int_equal(unblocked, 2);
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
    preempt = false;
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

static void unknown_calls_are_not_there(void **state)
{
    char arg[64] = { 0 };

    (void)state;
    assert_int_equal(call(1, EVTCHNOP_set_priority + 1, arg), -ENOSYS);
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
        TEST(unknown_calls_are_not_there),
        TEST(random_calls_keep_ec1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
