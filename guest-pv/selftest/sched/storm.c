/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPUs go to sleep in every way there is, again and again; for each sleep
 * there is one thing that ends it, at the very moment when it begins.  Whoever
 * does not come back has lost it: nothing else would wake him.  Meanwhile they
 * move between CPUs.  For half a second with each ABI of events, or as long as
 * the word storm=SECONDS says.
 */
#define __XEN_TOOLS__
#include <xen/domctl.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/fifo.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/smp.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/test.h>
#include <pv/time.h>

#define PATIENCE (10 * SECOND)
#define LOOKS 64     /* of vCPU 0, before it yields */
#define MOMENT 12000 /* ns: about what going to sleep takes */

struct sleeper {
    evtchn_port_t timer, ipi, kick; /* kick: masked, and polled */
    uint64_t random;
    uint64_t before; /* what was counted when the sleep began */
    volatile unsigned int way;
    volatile uint64_t sleeps, wakes; /* wakes: vCPU 0's */
};

static struct sleeper sleepers[CPUS_MAX];
static unsigned int nr;
static volatile bool stop;

static uint64_t rnd(struct sleeper *s, uint64_t n)
{
    s->random = s->random * 6364136223846793005ull + 1442695040888963407ull;
    return (s->random >> 33) % n;
}

static unsigned int id_of(const struct sleeper *s)
{
    return (unsigned int)(s - sleepers);
}

static void dawdle(struct sleeper *s)
{
    uint64_t end = time_ns() + rnd(s, MOMENT);

    while (time_ns() < end)
        __builtin_ia32_pause();
}

/* In SCHEDOP_block, until its IPI comes. */
static void block(struct sleeper *s)
{
    while (evtchn_count(s->ipi) == s->before)
        event_wait();
}

/* In SCHEDOP_poll, as for a lock: the port is masked. */
static void poll(struct sleeper *s)
{
    evtchn_port_t ports[] = { s->kick, s->timer };
    struct sched_poll poll = { .nr_ports = 1 + (unsigned int)rnd(s, 2) };

    set_xen_guest_handle(poll.ports, ports);
    while (!evtchn_pending(s->kick))
        hc_sched_op(SCHEDOP_poll, &poll);
}

/* Not at all: the IPI has to interrupt it. */
static void run(struct sleeper *s)
{
    events_on();
    while (evtchn_count(s->ipi) == s->before)
        __builtin_ia32_pause();
    events_off();
}

/* In SCHEDOP_block, until the one-shot timer fires. */
static void block_for_timer(struct sleeper *s)
{
    uint64_t before = evtchn_count(s->timer);
    uint64_t at = time_ns() + rnd(s, 4 * MOMENT);

    if (!rnd(s, 4)) /* as kernels do that set it again and again */
        timer_set(at + MS, 0);
    if (rnd(s, 2))
        timer_set(at, 0);
    else
        hc_set_timer_op(at);
    while (evtchn_count(s->timer) == before)
        event_wait();
}

static void go_down(struct sleeper *s)
{
    hc_vcpu_op(VCPUOP_down, id_of(s), NULL);
}

static bool by_ipi(struct sleeper *s) { return !evtchn_send(s->ipi); }

static bool by_kick(struct sleeper *s) { return !evtchn_send(s->kick); }

static bool by_itself(struct sleeper *s)
{
    (void)s;
    return true;
}

/* To bring up who is not down yet would be in vain. */
static bool by_up(struct sleeper *s)
{
    unsigned int id = id_of(s);

    return !hc_vcpu_op(VCPUOP_is_up, id, NULL) &&
           !hc_vcpu_op(VCPUOP_up, id, NULL);
}

static const struct {
    const char *name;
    void (*sleep)(struct sleeper *s);
    bool (*wake)(struct sleeper *s); /* by vCPU 0; false: later */
} ways[] = {
    { "block", block, by_ipi }, { "poll", poll, by_kick },
    { "run", run, by_ipi },     { "timer", block_for_timer, by_itself },
    { "down", go_down, by_up },
};

#define NR_WAYS (sizeof(ways) / sizeof(ways[0]))

static void sleep_again_and_again(void *arg)
{
    struct sleeper *s = arg;

    while (!stop) {
        do
            s->way = (unsigned int)rnd(s, NR_WAYS);
        while (ways[s->way].sleep == run && id_of(s) > 1); /* leave a CPU */
        s->before = evtchn_count(s->ipi);
        evtchn_forget(s->kick);
        if (!rnd(s, 16))
            mmuext(MMUEXT_TLB_FLUSH_ALL, 0);
        s->sleeps++;
        ways[s->way].sleep(s);
    }
}

/* Only dom0 may; a CPU that is not there is refused, and it stays. */
static void pin(unsigned int vcpu, uint64_t cpus)
{
    static struct xen_domctl ctl;
    static uint64_t map[4];

    if (!pv_is_dom0())
        return;
    memset(map, cpus ? 0 : 0xff, sizeof(map));
    map[0] = cpus ? cpus : map[0];
    memset(&ctl, 0, sizeof(ctl));
    ctl.cmd = XEN_DOMCTL_setvcpuaffinity;
    ctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    ctl.u.vcpuaffinity.vcpu = vcpu;
    ctl.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    ctl.u.vcpuaffinity.cpumap_hard.bitmap.p = (void *)map;
    ctl.u.vcpuaffinity.cpumap_hard.nr_bits = 256;
    HC(domctl, &ctl);
}

/* vCPU 0 looks at @s, and wakes it if it sleeps: once. */
static void look(struct sleeper *s)
{
    struct sleeper *me = &sleepers[0];

    if (s->sleeps == s->wakes)
        return;
    dawdle(me);
    if (ways[s->way].wake(s))
        s->wakes++;
    if (!rnd(me, 512))
        pin((unsigned int)rnd(me, nr), rnd(me, 4));
}

static void look_at_all(void)
{
    for (unsigned int i = 1; i < nr; i++)
        look(&sleepers[i]);
}

/* What vCPU 0 waits for; alone: it lets the others sleep. */
struct wanted {
    struct sleeper *s;
    uint64_t sleeps;
    bool alone;
};

static bool sleeps_again(void *arg)
{
    const struct wanted *w = arg;

    for (unsigned int i = 0; i < LOOKS && w->s->sleeps == w->sleeps; i++)
        if (w->alone)
            look(w->s);
        else
            look_at_all();
    return w->s->sleeps != w->sleeps;
}

static bool has_ended(void *arg)
{
    struct sleeper *s = arg;

    look_at_all();
    return s->sleeps == s->wakes && !hc_vcpu_op(VCPUOP_is_up, id_of(s), NULL);
}

/* So often one goes to sleep, with the others or alone. */
static bool comes_back(struct sleeper *s, bool alone)
{
    for (unsigned int i = 0; i < 32; i++) {
        struct wanted w = { s, s->sleeps, alone };

        if (!time_wait(sleeps_again, &w, PATIENCE)) {
            test_fail("vCPU %u never came back from sleep %lu: %s", id_of(s),
                      s->sleeps, ways[s->way].name);
            return false;
        }
    }
    return true;
}

static bool all_come_back(void)
{
    for (unsigned int i = 1; i < nr; i++)
        if (!comes_back(&sleepers[i], true) || !comes_back(&sleepers[i], false))
            return false;
    return true;
}

static void begin(void)
{
    stop = false;
    for (unsigned int i = 0; i < nr; i++) {
        struct sleeper *s = &sleepers[i];

        memset(s, 0, sizeof(*s));
        s->timer = (evtchn_port_t)evtchn_bind_virq(VIRQ_TIMER, i);
        s->ipi = (evtchn_port_t)evtchn_bind_ipi(i);
        s->kick = (evtchn_port_t)evtchn_bind_ipi(i);
        evtchn_set_mask(s->kick, true);
        s->random = time_ns() + i;
    }
    for (unsigned int i = 1; i < nr; i++)
        test_eq("start", smp_begin(i, sleep_again_and_again, &sleepers[i]), 0);
}

static void end(void)
{
    stop = true;
    for (unsigned int i = 1; i < nr; i++)
        test_ok("it ends", time_wait(has_ended, &sleepers[i], PATIENCE));
    for (unsigned int i = 0; i < nr; i++) {
        pin(i, 0);
        evtchn_set_mask(sleepers[i].kick, false);
        evtchn_close(sleepers[i].timer);
        evtchn_close(sleepers[i].ipi);
        evtchn_close(sleepers[i].kick);
    }
}

/* false: somebody is lost */
static bool storm(uint64_t length)
{
    uint64_t until = time_ns() + length;
    bool back = true;

    begin();
    while (back && time_ns() < until)
        back = all_come_back();
    if (back)
        end();
    return back;
}

static uint64_t seconds(void)
{
    char word[8];
    uint64_t n = 0;

    if (!pv_word("storm", word, sizeof(word)))
        return 1;
    for (const char *p = word; *p >= '0' && *p <= '9'; p++)
        n = n * 10 + (uint64_t)(*p - '0');
    return n;
}

TEST(storm, "sched/storm")
{
    uint64_t half = seconds() * SECOND / 2;

    for (nr = 1; nr < CPUS_MAX && hc_vcpu_op(VCPUOP_is_up, nr, NULL) >= 0;)
        nr++;
    if (nr == 1)
        test_skip("the domain has one vCPU");
    if (!storm(half) || !pv_is_dom0() || fifo_active())
        return;
    test_eq("take the FIFO ABI into use", fifo_begin(), 0);
    fifo_clean();
    storm(half);
    fifo_end();
}
