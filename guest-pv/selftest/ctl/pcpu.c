/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's CPUs: each but the boot CPU goes out of service and comes
 * back, while our vCPUs run on them and take timers.
 */
#define __XEN_TOOLS__
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/smp.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/test.h>
#include <pv/time.h>

#define ROUNDS 5

static struct xen_platform_op platform;
static struct xen_sysctl sysctl;
static volatile bool stop;
static volatile unsigned int turns;

static long set_service(unsigned int cpu, bool on)
{
    memset(&platform, 0, sizeof(platform));
    platform.interface_version = XENPF_INTERFACE_VERSION;
    platform.cmd = on ? XENPF_cpu_online : XENPF_cpu_offline;
    platform.u.cpu_ol.cpuid = cpu;
    return HC(platform_op, &platform);
}

/* XEN_PCPU_FLAGS_* of @cpu; *@last is the number of the last one. */
static unsigned int flags_of(unsigned int cpu, unsigned int *last)
{
    memset(&platform, 0, sizeof(platform));
    platform.interface_version = XENPF_INTERFACE_VERSION;
    platform.cmd = XENPF_get_cpuinfo;
    platform.u.pcpu_info.xen_cpuid = cpu;
    test_eq("get_cpuinfo", HC(platform_op, &platform), 0);
    *last = platform.u.pcpu_info.max_present;
    return platform.u.pcpu_info.flags;
}

static long hotplug(unsigned int cpu, unsigned int op)
{
    memset(&sysctl, 0, sizeof(sysctl));
    sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    sysctl.cmd = XEN_SYSCTL_cpu_hotplug;
    sysctl.u.cpu_hotplug.cpu = cpu;
    sysctl.u.cpu_hotplug.op = op;
    return HC(sysctl, &sysctl);
}

/* Until the hypervisor's timer ends it, or an event does. */
static void doze(uint64_t ns)
{
    struct sched_poll poll = { .timeout = time_ns() + ns };

    hc_sched_op(SCHEDOP_poll, &poll);
}

/* On vCPU 1: it computes and sleeps in turns, wherever it is put. */
static void work(void *arg)
{
    (void)arg;
    while (!stop) {
        for (uint64_t end = time_ns() + MS / 2; time_ns() < end;)
            ;
        doze(MS / 2);
        turns++;
    }
}

static bool advanced(void *arg) { return turns > *(unsigned int *)arg + 2; }

/* Both vCPUs go on: this one takes timers here, the other one turns. */
static void goes_on(bool smp)
{
    unsigned int before = turns;

    doze(2 * MS);
    test_ok("vCPU 1 goes on",
            !smp || time_wait(advanced, &before, 10 * SECOND));
}

static void refusals(unsigned int last)
{
    test_eq("the boot CPU out", set_service(0, false), -XEN_EOPNOTSUPP);
    test_eq("no such CPU out", set_service(last + 1, false), -XEN_EINVAL);
    test_eq("no such CPU in", set_service(last + 1, true), -XEN_EINVAL);
    test_eq("far beyond", set_service(~0U, false), -XEN_EINVAL);
    test_eq("one in that is in", set_service(0, true), 0);
    test_eq("sysctl: the boot CPU out",
            hotplug(0, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE), -XEN_EINVAL);
    test_eq("sysctl: no such CPU in",
            hotplug(last + 1, XEN_SYSCTL_CPU_HOTPLUG_ONLINE), -XEN_EINVAL);
    test_eq("sysctl: one in that is in",
            hotplug(0, XEN_SYSCTL_CPU_HOTPLUG_ONLINE), -XEN_EEXIST);
    test_ok("sysctl: no such operation", hotplug(0, 77) < 0);
}

static void cycle(unsigned int cpu, bool smp)
{
    unsigned int last;

    test_eq("out", set_service(cpu, false), 0);
    test_eq("it says so", flags_of(cpu, &last), 0);
    test_eq("out again", set_service(cpu, false), 0);
    test_eq("sysctl: out again", hotplug(cpu, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE),
            -XEN_EEXIST);
    goes_on(smp);
    test_eq("in", set_service(cpu, true), 0);
    test_eq("it says so", flags_of(cpu, &last), XEN_PCPU_FLAGS_ONLINE);
    goes_on(smp);
}

TEST(pcpu, "ctl/pcpu")
{
    unsigned int last;
    bool smp = false;

    if (!pv_is_dom0())
        test_skip("only for the control domain");
    flags_of(0, &last);
    refusals(last);
    if (!last)
        return;
    if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) >= 0) {
        stop = false;
        smp = smp_begin(1, work, NULL) == 0;
    }
    for (unsigned int i = 0; i < ROUNDS; i++)
        for (unsigned int cpu = 1; cpu <= last; cpu++)
            cycle(cpu, smp);
    /* All at once: one CPU is enough. */
    for (unsigned int cpu = 1; cpu <= last; cpu++)
        test_eq("all out", set_service(cpu, false), 0);
    goes_on(smp);
    for (unsigned int cpu = 1; cpu <= last; cpu++)
        test_eq("all in, by sysctl",
                hotplug(cpu, XEN_SYSCTL_CPU_HOTPLUG_ONLINE), 0);
    goes_on(smp);
    stop = true;
    if (smp)
        test_ok("vCPU 1 ends", smp_end(1));
}
