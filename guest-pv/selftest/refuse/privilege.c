/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control operations: versions are checked, guests are refused. */
#define __XEN_TOOLS__
#include <xen/domctl.h>
#include <xen/platform.h>
#include <xen/sysctl.h>
#include <pv/hypercall.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/test.h>

static struct xen_domctl domctl;
static struct xen_sysctl sysctl;
static struct xen_platform_op platform;

/* What a domain must not do to itself. */
static const struct {
    const char *what;
    uint32_t cmd;
} others_only[] = {
    { "destroy ourselves", XEN_DOMCTL_destroydomain },
    { "pause ourselves", XEN_DOMCTL_pausedomain },
    { "resume ourselves", XEN_DOMCTL_resumedomain },
    { "set our own context", XEN_DOMCTL_setvcpucontext },
    { "get our own context", XEN_DOMCTL_getvcpucontext },
    { "set our own callbacks", XEN_DOMCTL_set_ext_vcpucontext },
    { "set our own TSC", XEN_DOMCTL_settscinfo },
    { "set our own FPU state", XEN_DOMCTL_setvcpuextstate },
    { "get our own FPU state", XEN_DOMCTL_getvcpuextstate },
    { "set our own MSRs", XEN_DOMCTL_set_vcpu_msrs },
    { "get our own MSRs", XEN_DOMCTL_get_vcpu_msrs },
    { "set our own CPUID", XEN_DOMCTL_set_cpu_policy },
};

static void prepare(void)
{
    memset(&domctl, 0, sizeof(domctl));
    domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    domctl.cmd = XEN_DOMCTL_getdomaininfo;
    memset(&sysctl, 0, sizeof(sysctl));
    sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    sysctl.cmd = XEN_SYSCTL_physinfo;
    memset(&platform, 0, sizeof(platform));
    platform.interface_version = XENPF_INTERFACE_VERSION;
    platform.cmd = XENPF_get_cpuinfo;
}

static void as_dom0(void)
{
    prepare();
    test_eq("sysctl: physinfo", HC(sysctl, &sysctl), 0);
    test_ok("CPUs", sysctl.u.physinfo.nr_cpus >= 1);
    test_ok("memory", sysctl.u.physinfo.total_pages > 1024);
    sysctl.interface_version = 1;
    test_eq("sysctl: version", HC(sysctl, &sysctl), -XEN_EACCES);
    test_eq("domctl: getdomaininfo", HC(domctl, &domctl), 0);
    test_eq("of this domain", domctl.domain, 0);
    test_eq("its pages", domctl.u.getdomaininfo.tot_pages > 1024, 1);
    domctl.domain = 4242;
    domctl.cmd = XEN_DOMCTL_pausedomain;
    test_eq("domctl: no such domain", HC(domctl, &domctl), -XEN_ESRCH);
    domctl.domain = 0;
    for (unsigned int i = 0; i < sizeof(others_only) / sizeof(others_only[0]);
         i++) {
        domctl.cmd = others_only[i].cmd;
        test_eq(others_only[i].what, HC(domctl, &domctl), -XEN_EINVAL);
    }
    domctl.cmd = 9999;
    test_eq("domctl: unknown", HC(domctl, &domctl), -XEN_ENOSYS);
    domctl.interface_version = 1;
    test_eq("domctl: version", HC(domctl, &domctl), -XEN_EACCES);
    test_eq("sysctl: argument that is not mapped", HC(sysctl, (void *)UNMAPPED),
            -XEN_EFAULT);
    platform.interface_version = 1;
    test_eq("platform_op: version", HC(platform_op, &platform), -XEN_EACCES);
}

static void as_guest(void)
{
    prepare();
    test_eq("sysctl", HC(sysctl, &sysctl), -XEN_EPERM);
    test_eq("domctl", HC(domctl, &domctl), -XEN_EPERM);
    domctl.domain = 0;
    domctl.cmd = XEN_DOMCTL_destroydomain;
    test_eq("domctl: destroy dom0", HC(domctl, &domctl), -XEN_EPERM);
    test_eq("platform_op", HC(platform_op, &platform), -XEN_EPERM);
}

TEST(privilege, "refuse/privilege")
{
    if (pv_is_dom0())
        as_dom0();
    else
        as_guest();
}
