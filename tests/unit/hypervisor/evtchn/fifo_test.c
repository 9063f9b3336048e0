/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FIFO ABI: each state of a port's word, each wrong argument, and random
 * guests, right and wrong ones, beside a model.
 */
#define MAX_PORT 131071
#include "fifo_guest.h"

/* A channel from domain 2 to the guest; returns the guest's port. */
static unsigned int channel(unsigned int *sender)
{
    long port = alloc_unbound(GUEST, DOMID_SELF, 2);

    assert_true(port > 0);
    *sender = bind_interdomain(2, GUEST, port);
    assert_true((int)*sender > 0);
    return port;
}

static bool upcall_pending(unsigned int vcpu)
{
    return __atomic_exchange_n(&vcpus[GUEST][vcpu].info->evtchn_upcall_pending,
                               0, __ATOMIC_SEQ_CST);
}

static const struct {
    const char *why;
    event_word_t before, after;
    bool linked;
} send_cases[] = {
    { "nothing: link it", 0, P | L, true },
    { "pending: the guest has not come to it", P, P | L, true },
    { "masked: pending only", M, M | P, false },
    { "masked and pending", M | P, M | P, false },
    { "in a queue: pending only", L, L | P, false },
    { "in a queue, with a link", L | 5, L | P | 5, false },
    { "all", L | M | P, L | M | P, false },
    { "a link without LINKED is rubbish", 77, P | L, true },
    { "BUSY is the guest's business", 1U << EVTCHN_FIFO_BUSY,
      P | L | 1U << EVTCHN_FIFO_BUSY, true },
};

static void send_follows_the_table(void **state)
{
    unsigned int from, port;

    (void)state;
    start_fifo(1);
    port = channel(&from);
    for (size_t i = 0; i < ARRAY_SIZE(send_cases); i++) {
        uint32_t bit = 1U << EVTCHN_FIFO_PRIORITY_DEFAULT;

        print_message("%s\n", send_cases[i].why);
        memset(block(0), 0, sizeof(*block(0)));
        upcall_pending(0);
        *word(port) = send_cases[i].before;
        assert_int_equal(send(2, from), 0);
        assert_int_equal(*word(port), send_cases[i].after);
        assert_int_equal(block(0)->ready, send_cases[i].linked ? bit : 0);
        assert_int_equal(block(0)->head[EVTCHN_FIFO_PRIORITY_DEFAULT],
                         send_cases[i].linked ? port : 0);
        assert_int_equal(upcall_pending(0), send_cases[i].linked);
    }
}

static void events_of_a_queue_keep_their_order(void **state)
{
    struct consumer c = { 0 };
    unsigned int from[20], port[20], priority;

    (void)state;
    start_fifo(1);
    for (unsigned int i = 0; i < 20; i++)
        port[i] = channel(&from[i]);
    for (unsigned int i = 20; i-- > 0;)
        assert_int_equal(set_priority(port[i], i % 3), 0);
    for (unsigned int i = 0; i < 20; i++)
        assert_int_equal(send(2, from[i]), 0);
    for (unsigned int q = 0; q < 3; q++) {
        for (unsigned int i = q; i < 20; i += 3) {
            assert_int_equal(take(&c, &priority), port[i]);
            assert_int_equal(priority, q);
        }
    }
    assert_int_equal(take(&c, &priority), 0);
}

static void a_moved_port_leaves_its_old_queue_whole(void **state)
{
    struct consumer a = { .vcpu = 0 }, b = { .vcpu = 1 };
    unsigned int from[3], port[3], priority;

    (void)state;
    start_fifo(1);
    for (unsigned int i = 0; i < 3; i++)
        port[i] = channel(&from[i]);
    send(2, from[0]); /* the tail of a's queue ... */
    assert_int_equal(take(&a, &priority), port[0]);
    *word(port[0]) = 0;
    assert_int_equal(bind_vcpu(GUEST, port[0], 1), 0);
    send(2, from[0]); /* ... is linked in b's */
    send(2, from[1]);
    send(2, from[2]);
    assert_int_equal(take(&b, &priority), port[0]);
    assert_int_equal(take(&b, &priority), 0);
    assert_int_equal(take(&a, &priority), port[1]);
    assert_int_equal(take(&a, &priority), port[2]);
    assert_int_equal(take(&a, &priority), 0);
}

static void unmask_links_what_is_pending(void **state)
{
    struct consumer c = { 0 };
    unsigned int from, port, priority;

    (void)state;
    start_fifo(1);
    port = channel(&from);
    *word(port) = M;
    send(2, from);
    assert_int_equal(take(&c, &priority), 0);
    assert_int_equal(unmask(port), 0);
    assert_int_equal(*word(port), P | L);
    assert_int_equal(take(&c, &priority), port);
    *word(port) = M;
    assert_int_equal(unmask(port), 0);
    assert_int_equal(*word(port), 0);
}

static void events_before_their_word_are_kept(void **state)
{
    struct consumer c = { 0 };
    unsigned int from, port, priority;

    (void)state;
    port = channel(&from);
    send(2, from); /* 2-level */
    start_fifo(0);
    assert_int_equal(expand(gfn_of(GUEST, ARRAY_PAGE)), 0);
    assert_int_equal(take(&c, &priority), port);

    assert_int_equal(evtchn_reset(&doms[GUEST]), 0);
    start_fifo(0);
    memset(&c, 0, sizeof(c));
    memset(guest_page[GUEST], 0, sizeof(guest_page[GUEST]));
    port = channel(&from);
    send(2, from);
    assert_false(evtchn_port_pending(&doms[GUEST], port)); /* no word */
    assert_int_equal(expand(gfn_of(GUEST, ARRAY_PAGE)), 0);
    assert_true(evtchn_port_pending(&doms[GUEST], port));
    assert_int_equal(take(&c, &priority), port);
    assert_int_equal(take(&c, &priority), 0);
}

static void a_vcpu_without_queues_hears_nothing(void **state)
{
    unsigned int from, port;

    (void)state;
    assert_int_equal(init_control(0, gfn_of(GUEST, 0), 0), 17);
    assert_int_equal(expand(gfn_of(GUEST, ARRAY_PAGE)), 0);
    port = channel(&from);
    assert_int_equal(bind_vcpu(GUEST, port, 1), 0);
    send(2, from);
    assert_int_equal(*word(port), P);
    assert_int_equal(bind_vcpu(GUEST, port, 0), 0);
    assert_int_equal(unmask(port), 0); /* it only has to be asked for */
    assert_int_equal(*word(port), P | L);
}

static void wrong_arguments_change_nothing(void **state)
{
    uint64_t mine = gfn_of(GUEST, 0), other = gfn_of(2, 0);

    (void)state;
    assert_int_equal(expand(gfn_of(GUEST, 1)), -EOPNOTSUPP);
    assert_int_equal(set_priority(1, 1), -EINVAL); /* no such port */
    assert_true(alloc_unbound(GUEST, DOMID_SELF, 2) == 1);
    assert_int_equal(set_priority(1, 1), -ENOSYS);
    assert_int_equal(init_control(NR_TEST_VCPUS, mine, 0), -ENOENT);
    assert_int_equal(init_control(~0U, mine, 0), -ENOENT);
    assert_int_equal(init_control(0, mine, 4), -EINVAL);
    assert_int_equal(init_control(0, mine, 4096 - 64), -EINVAL);
    assert_int_equal(init_control(0, mine, ~7U), -EINVAL);
    assert_int_equal(init_control(0, other, 0), -EINVAL);
    assert_int_equal(init_control(0, ~0UL, 0), -EINVAL);
    out_of_memory = true;
    assert_int_equal(init_control(0, mine, 0), -ENOMEM);
    out_of_memory = false;
    assert_null(doms[GUEST].evtchn.fifo);
    assert_int_equal(held[GUEST][0], 0);

    assert_int_equal(init_control(0, mine, 4096 - 72), 17);
    assert_int_equal(held[GUEST][0], 1);
    assert_int_equal(init_control(0, mine, 0), -EINVAL); /* again */
    assert_int_equal(expand(other), -EINVAL);
    assert_int_equal(set_priority(1, 16), -EINVAL);
    assert_int_equal(set_priority(1, 15), 0);
    for (unsigned int i = 0; i < 128; i++)
        assert_int_equal(expand(gfn_of(GUEST, ARRAY_PAGE + i)), 0);
    assert_int_equal(expand(gfn_of(GUEST, 0)), -ENOSPC);
}

static void reset_goes_back_to_two_levels(void **state)
{
    unsigned int from, port, calls = 0;

    (void)state;
    start_fifo(3);
    for (unsigned int i = 0; i < 300; i++)
        port = channel(&from);
    send(2, from);
    preempt = true;
    while (evtchn_reset(&doms[GUEST]) == -ERESTART)
        calls++;
    preempt = false;
    assert_in_range(calls, 4, 10);
    for (unsigned int i = 0; i < NR_GUEST_PAGES; i++)
        assert_int_equal(held[GUEST][i], 0);
    assert_int_equal(send(2, from), 0); /* to nobody */
    assert_int_equal(unmask(port), 0);
    port = channel(&from);
    send(2, from);
    assert_true(pending(GUEST, port));
    start_fifo(1); /* and forth again */
}

static void anothers_channels_are_reset_while_it_is_paused(void **state)
{
    struct evtchn_reset r = { .dom = GUEST };

    (void)state;
    start_fifo(1);
    assert_int_equal(call(2, EVTCHNOP_reset, &r), -EPERM);
    assert_int_equal(call(0, EVTCHNOP_reset, &r), -EINVAL);
    doms[GUEST].controller_pauses = 1;
    assert_int_equal(call(0, EVTCHNOP_reset, &r), 0);
    assert_int_equal(held[GUEST][0], 0);
}

static void a_closed_port_rests_until_it_is_off_its_queue(void **state)
{
    struct consumer c = { 0 };
    unsigned int from, port, priority;

    (void)state;
    start_fifo(1);
    port = channel(&from);
    send(2, from);
    assert_int_equal(close_port(GUEST, port), 0);
    assert_int_equal(*word(port), L);
    assert_int_equal(alloc_unbound(GUEST, DOMID_SELF, 2), port + 1);
    assert_int_equal(take(&c, &priority), port);
    assert_int_equal(alloc_unbound(GUEST, DOMID_SELF, 2), port);
}

static void ports_go_to_the_limit(void **state)
{
    unsigned int n = 0;

    (void)state;
    while (alloc_unbound(GUEST, DOMID_SELF, 2) > 0)
        n++;
    assert_int_equal(n, 4095);
    start_fifo(128);
    while (alloc_unbound(GUEST, DOMID_SELF, 2) > 0)
        n++;
    assert_int_equal(n, 131071);
    assert_int_equal(alloc_unbound(GUEST, DOMID_SELF, 2), -ENOSPC);
    assert_int_equal(bind_interdomain(2, GUEST, 131071), 1);
    send(2, 1);
    assert_int_equal(((uint32_t *)guest_page[GUEST][ARRAY_PAGE])[131071],
                     P | L);
}

/* A guest at random; the model knows which ports have an event to come. */
#define NR_PORTS 24

struct model {
    unsigned int port[NR_PORTS], from[NR_PORTS], delivered;
    bool due[NR_PORTS], masked[NR_PORTS];
};

static void serve(struct model *m, struct consumer *c)
{
    unsigned int priority;
    uint32_t port = take(c, &priority);

    for (unsigned int i = 0; port && i < NR_PORTS; i++) {
        if (m->port[i] != port)
            continue;
        if (m->masked[i] || !(*word(port) & P))
            return;
        assert_true(m->due[i]);
        m->due[i] = false;
        m->delivered++;
        __atomic_fetch_and(word(port), ~P, __ATOMIC_SEQ_CST);
        return;
    }
}

static void step(struct model *m, struct consumer *c)
{
    unsigned int i = rand() % NR_PORTS;

    switch (rand() % 10) {
    case 0:
        m->masked[i] = true;
        *word(m->port[i]) |= M;
        break;
    case 1:
        m->masked[i] = false;
        assert_int_equal(unmask(m->port[i]), 0);
        break;
    case 2:
        assert_int_equal(set_priority(m->port[i], rand() % 16), 0);
        break;
    case 3:
        assert_int_equal(bind_vcpu(GUEST, m->port[i], rand() % 2), 0);
        break;
    case 4:
        assert_int_equal(close_port(GUEST, m->port[i]), 0);
        assert_int_equal(close_port(2, m->from[i]), 0);
        m->port[i] = channel(&m->from[i]);
        m->due[i] = true; /* binding sends to the one who binds: domain 2 */
        *word(m->port[i]) &= ~M;
        m->masked[i] = false;
        assert_int_equal(send(2, m->from[i]), 0);
        break;
    case 5:
    case 6:
    case 7:
        serve(m, &c[rand() % 2]);
        break;
    default:
        assert_int_equal(send(2, m->from[i]), 0);
        m->due[i] = true;
    }
}

static void each_event_arrives_once(void **state)
{
    (void)state;
    for (unsigned int seed = 1; seed <= 20; seed++) {
        struct consumer c[2] = { { .vcpu = 0 }, { .vcpu = 1 } };
        struct model m = { .delivered = 0 };

        srand(seed);
        assert_int_equal(evtchn_reset(&doms[GUEST]), 0);
        assert_int_equal(evtchn_reset(&doms[2]), 0);
        memset(guest_page, 0, sizeof(guest_page));
        start_fifo(1);
        for (unsigned int i = 0; i < NR_PORTS; i++)
            m.port[i] = channel(&m.from[i]);
        for (unsigned int n = 0; n < 20000; n++)
            step(&m, c);

        for (unsigned int i = 0; i < NR_PORTS; i++) {
            m.masked[i] = false;
            assert_int_equal(unmask(m.port[i]), 0);
        }
        for (unsigned int v = 0; v < 2; v++)
            while (c[v].ready || block(v)->ready)
                serve(&m, &c[v]);
        for (unsigned int i = 0; i < NR_PORTS; i++)
            assert_false(m.due[i]);
        assert_true(m.delivered > 1000);
    }
}

/* Words and blocks of noise: nothing of ours may depend on them. */
static void noise_in_the_pages_hurts_nobody(void **state)
{
    unsigned int from[NR_PORTS], port[NR_PORTS];
    uint32_t *noise = (uint32_t *)guest_page[GUEST];

    (void)state;
    srand(7);
    start_fifo(1);
    for (unsigned int i = 0; i < NR_PORTS; i++)
        port[i] = channel(&from[i]);
    for (unsigned int n = 0; n < 20000; n++) {
        unsigned int i = rand() % NR_PORTS;

        noise[rand() % (3 * WORDS)] = (uint32_t)rand() * 2654435761U;
        *word(port[i]) = (uint32_t)rand() << 1 & ~(rand() % 2 ? L | M : 0);
        assert_int_equal(send(2, from[i]), 0);
        unmask(port[rand() % NR_PORTS]);
        set_priority(port[i], rand() % 16);
        bind_vcpu(GUEST, port[i], rand() % 2);
        if (n % 64 == 0) {
            close_port(GUEST, port[i]);
            close_port(2, from[i]);
            port[i] = channel(&from[i]);
        }
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(send_follows_the_table),
        TEST(events_of_a_queue_keep_their_order),
        TEST(a_moved_port_leaves_its_old_queue_whole),
        TEST(unmask_links_what_is_pending),
        TEST(events_before_their_word_are_kept),
        TEST(a_vcpu_without_queues_hears_nothing),
        TEST(wrong_arguments_change_nothing),
        TEST(reset_goes_back_to_two_levels),
        TEST(anothers_channels_are_reset_while_it_is_paused),
        TEST(a_closed_port_rests_until_it_is_off_its_queue),
        TEST(ports_go_to_the_limit),
        TEST(each_event_arrives_once),
        TEST(noise_in_the_pages_hurts_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
