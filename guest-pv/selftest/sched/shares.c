/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Weight, cap and affinity by domctl: dom0 sets its own. */
#define __XEN_TOOLS__
#include <xen/domctl.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <pv/hypercall.h>
#include <pv/smp.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/test.h>
#include <pv/time.h>

#define TRIES 5

static struct xen_domctl ctl;
static uint64_t map[4]; /* more CPUs than any host has */
static volatile bool stop;

static long domctl(uint32_t cmd)
{
    ctl.cmd = cmd;
    ctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    ctl.domain = 0;
    return HC(domctl, &ctl);
}

static long share(uint32_t cmd, uint32_t sched, uint16_t weight, uint16_t cap)
{
    memset(&ctl, 0, sizeof(ctl));
    ctl.u.scheduler_op.sched_id = sched;
    ctl.u.scheduler_op.cmd = cmd;
    ctl.u.scheduler_op.u.credit2.weight = weight;
    ctl.u.scheduler_op.u.credit2.cap = cap;
    return domctl(XEN_DOMCTL_scheduler_op);
}

static void expect_share(const char *what, uint16_t weight, uint16_t cap)
{
    const struct xen_domctl_sched_credit2 *c = &ctl.u.scheduler_op.u.credit2;

    test_eq(what,
            share(XEN_DOMCTL_SCHEDOP_getinfo, XEN_SCHEDULER_CREDIT2, 1, 1), 0);
    test_eq("its weight", c->weight, weight);
    test_eq("its cap", c->cap, cap);
}

static long set_share(uint16_t weight, uint16_t cap)
{
    return share(XEN_DOMCTL_SCHEDOP_putinfo, XEN_SCHEDULER_CREDIT2, weight,
                 cap);
}

/* The map is in and out. */
static long affinity(uint32_t cmd, uint32_t vcpu, uint32_t flags, void *at)
{
    memset(&ctl, 0, sizeof(ctl));
    ctl.u.vcpuaffinity.vcpu = vcpu;
    ctl.u.vcpuaffinity.flags = flags;
    ctl.u.vcpuaffinity.cpumap_hard.bitmap.p = at;
    ctl.u.vcpuaffinity.cpumap_hard.nr_bits = 256;
    ctl.u.vcpuaffinity.cpumap_soft = ctl.u.vcpuaffinity.cpumap_hard;
    return domctl(cmd);
}

static long pin(uint32_t vcpu, uint64_t cpus)
{
    memset(map, cpus ? 0 : 0xff, sizeof(map));
    if (cpus)
        map[0] = cpus;
    return affinity(XEN_DOMCTL_setvcpuaffinity, vcpu, XEN_VCPUAFFINITY_HARD,
                    map);
}

static const struct xen_domctl_getvcpuinfo *vcpu_info(uint32_t vcpu)
{
    memset(&ctl, 0, sizeof(ctl));
    ctl.u.getvcpuinfo.vcpu = vcpu;
    test_eq("getvcpuinfo", domctl(XEN_DOMCTL_getvcpuinfo), 0);
    return &ctl.u.getvcpuinfo;
}

static void refusals(void)
{
    test_eq("another scheduler",
            share(XEN_DOMCTL_SCHEDOP_getinfo, XEN_SCHEDULER_RTDS, 0, 0),
            -XEN_EINVAL);
    test_eq("shares of single vCPUs",
            share(XEN_DOMCTL_SCHEDOP_getvcpuinfo, XEN_SCHEDULER_CREDIT2, 0, 0),
            -XEN_EINVAL);
    test_eq("set them",
            share(XEN_DOMCTL_SCHEDOP_putvcpuinfo, XEN_SCHEDULER_CREDIT2, 0, 0),
            -XEN_EINVAL);
    memset(map, 0, sizeof(map));
    test_eq("no CPU at all",
            affinity(XEN_DOMCTL_setvcpuaffinity, 0, XEN_VCPUAFFINITY_HARD, map),
            -XEN_EINVAL);
    test_eq("a map that is not there",
            affinity(XEN_DOMCTL_setvcpuaffinity, 0, XEN_VCPUAFFINITY_HARD,
                     (void *)UNMAPPED),
            -XEN_EFAULT);
    test_eq("no kind of affinity",
            affinity(XEN_DOMCTL_setvcpuaffinity, 0, 0, map), -XEN_EINVAL);
    test_eq(
        "no such vCPU",
        affinity(XEN_DOMCTL_setvcpuaffinity, 8000, XEN_VCPUAFFINITY_SOFT, map),
        -XEN_ESRCH);
}

static uint64_t running_ns(void)
{
    struct vcpu_runstate_info r;

    hc_vcpu_op(VCPUOP_get_runstate_info, 0, &r);
    return r.time[RUNSTATE_running];
}

/* The share of a CPU that computing without end gets, in per cent.  The host
 * may stop the machine for a while: then it is tried again. */
static bool computing_gets_less_than(unsigned int percent)
{
    for (unsigned int i = 0; i < TRIES; i++) {
        uint64_t from = time_ns(), used = running_ns(), passed;

        do
            passed = time_ns() - from;
        while (passed < 200 * MS);
        if ((running_ns() - used) * 100 < passed * percent)
            return true;
    }
    return false;
}

static void spin(void *arg)
{
    (void)arg;
    while (!stop)
        __builtin_ia32_pause();
}

/* Each on a CPU of its own: while one asks, the other runs. */
static void two_at_once(void)
{
    bool ran = false;

    stop = false;
    test_eq("vCPU 0 to CPU 0", pin(0, 1), 0);
    test_eq("that is what is effective", map[0], 1);
    test_eq("there it runs", vcpu_info(0)->cpu, 0);
    test_eq("vCPU 1 to CPU 1", pin(1, 2), 0);
    test_eq("start it", smp_begin(1, spin, NULL), 0);
    for (uint64_t from = time_ns(); !ran && time_ns() - from < 5 * SECOND;)
        ran = vcpu_info(1)->running;
    test_ok("both run at once", ran);
    test_eq("on CPU 1", vcpu_info(1)->cpu, 1);
    test_eq("swap: vCPU 0", pin(0, 2), 0);
    test_eq("swap: vCPU 1", pin(1, 1), 0);
    hc_sched_op(SCHEDOP_yield, NULL);
    test_eq("now on CPU 1", vcpu_info(0)->cpu, 1);
    stop = true;
    test_ok("it ends", smp_end(1));
    pin(1, 0);
}

static unsigned int host_cpus(void)
{
    static struct xen_sysctl s;

    s.cmd = XEN_SYSCTL_physinfo;
    s.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return HC(sysctl, &s) ? 0 : s.u.physinfo.nr_cpus;
}

TEST(shares, "sched/shares")
{
    if (!pv_is_dom0())
        test_skip("only dom0 may ask");
    expect_share("a new domain's share", 256, 0);
    test_eq("set both", set_share(512, 150), 0);
    expect_share("they are set", 512, 150);
    test_eq("weight 0", set_share(0, 30), 0);
    expect_share("leaves the weight", 512, 30);
    test_ok("30 % is less than half", computing_gets_less_than(50));
    test_eq("no cap", set_share(256, 0), 0);
    refusals();
    if (host_cpus() > 1 && hc_vcpu_op(VCPUOP_is_up, 1, NULL) >= 0)
        two_at_once();
    test_eq("anywhere", pin(0, 0), 0);
}
