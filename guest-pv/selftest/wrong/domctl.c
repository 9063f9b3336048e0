/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrong uses of domctl, on domains that do not exist and on ourselves. */
#define __XEN_TOOLS__
#include <xen/domctl.h>
#include "rows.h"

#define NO_DOMAIN 4242
#define NO_VCPU 8000
#define LIST(x) .x.p = (void *)UNMAPPED

/* clang-format off */
#define CTL(why_, op, dom, version, rc, ...)                                   \
    ROW_ANY(#op ": " why_, domctl, .arg = { BUF }, rc,                         \
            DATA(struct xen_domctl, .cmd = op, .interface_version = version,   \
                 .domain = dom, __VA_ARGS__))
#define DOM(why_, op, rc, ...) CTL(why_, XEN_DOMCTL_##op, DOMID_SELF, XEN_DOMCTL_INTERFACE_VERSION, rc, __VA_ARGS__)
#define OLD(op) CTL("version", XEN_DOMCTL_##op, DOMID_SELF, 1, PRIV(-XEN_EACCES), .u = {})
#define GONE(op) CTL("no such domain", XEN_DOMCTL_##op, NO_DOMAIN, XEN_DOMCTL_INTERFACE_VERSION, PRIV(-XEN_ESRCH), .u = {})
/* Every operation names a domain, and comes in one version. */
#define EACH(op) OLD(op), GONE(op)
#define OWN(op) DOM("ourselves", op, PRIV(-XEN_EINVAL), .u = {})
#define LACK(op) DOM("not offered", op, PRIV(-XEN_EOPNOTSUPP), .u = {})

static const struct row each[] = {
    ROW_ANY("buffer", domctl, .arg = { BUF }, PRIV(-XEN_EFAULT), .size = sizeof(struct xen_domctl)),
    OLD(createdomain), OLD(getdomaininfo), OLD(test_assign_device),
    EACH(destroydomain), EACH(pausedomain), EACH(unpausedomain),
    EACH(setvcpuaffinity), EACH(shadow_op), EACH(max_mem),
    EACH(setvcpucontext), EACH(getvcpucontext), EACH(getvcpuinfo),
    EACH(max_vcpus), EACH(scheduler_op), EACH(setdomainhandle),
    EACH(setdebugging), EACH(irq_permission), EACH(iomem_permission),
    EACH(ioport_permission), EACH(hypercall_init), EACH(settimeoffset),
    EACH(getvcpuaffinity), EACH(resumedomain), EACH(sendtrigger),
    EACH(subscribe), EACH(set_address_size), EACH(get_address_size),
    EACH(assign_device), EACH(deassign_device), EACH(get_device_group),
    EACH(memory_mapping), EACH(ioport_mapping), EACH(set_ext_vcpucontext),
    EACH(get_ext_vcpucontext), EACH(set_target), EACH(gettscinfo),
    EACH(settscinfo), EACH(getpageframeinfo3), EACH(setvcpuextstate),
    EACH(getvcpuextstate), EACH(get_vcpu_msrs), EACH(set_vcpu_msrs),
    EACH(set_virq_handler), EACH(setnodeaffinity), EACH(getnodeaffinity),
    EACH(setvnumainfo), EACH(soft_reset), EACH(get_cpu_policy),
    EACH(set_cpu_policy),
    CTL("no domain from there on", XEN_DOMCTL_getdomaininfo, NO_DOMAIN, XEN_DOMCTL_INTERFACE_VERSION, PRIV(-XEN_ESRCH), .u = {}),
    CTL("a reserved number", XEN_DOMCTL_getdomaininfo, DOMID_IO, XEN_DOMCTL_INTERFACE_VERSION, PRIV(-XEN_EINVAL), .u = {}),
    CTL("unknown", 9999, DOMID_SELF, XEN_DOMCTL_INTERFACE_VERSION, PRIV(-XEN_ENOSYS), .u = {}),
    OWN(destroydomain), OWN(pausedomain), OWN(resumedomain),
    OWN(setvcpucontext), OWN(getvcpucontext), OWN(set_ext_vcpucontext),
    OWN(settscinfo), OWN(setvcpuextstate), OWN(getvcpuextstate),
    OWN(get_vcpu_msrs), OWN(set_vcpu_msrs), OWN(set_cpu_policy),
    LACK(setdebugging), LACK(sendtrigger), LACK(subscribe),
    LACK(assign_device), LACK(test_assign_device), LACK(deassign_device),
    LACK(get_device_group), LACK(memory_mapping), LACK(ioport_mapping),
    LACK(set_target), LACK(set_virq_handler), LACK(setvnumainfo),
    LACK(soft_reset),
};

static const struct row arguments[] = {
    DOM("no vCPU", createdomain, PRIV(-XEN_EINVAL), .u.createdomain = { .max_vcpus = 0, .max_evtchn_port = 1023, .max_grant_frames = 4, .max_maptrack_frames = 4, .grant_opts = 1 }),
    DOM("too many vCPUs", createdomain, PRIV(-XEN_EINVAL), .u.createdomain = { .max_vcpus = 100000, .max_evtchn_port = 1023, .max_grant_frames = 4, .max_maptrack_frames = 4, .grant_opts = 1 }),
    DOM("no version of grants", createdomain, PRIV(-XEN_EINVAL), .u.createdomain = { .max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = 4, .max_maptrack_frames = 4, .grant_opts = 9 }),
    DOM("for hardware support", createdomain, PRIV(-XEN_EINVAL), .u.createdomain = { .flags = XEN_DOMCTL_CDF_hvm, .max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = 4, .max_maptrack_frames = 4, .grant_opts = 1 }),
    DOM("unknown flag", createdomain, PRIV(-XEN_EINVAL), .u.createdomain = { .flags = 1u << 31, .max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = 4, .max_maptrack_frames = 4, .grant_opts = 1 }),
    DOM("is not paused", unpausedomain, PRIV(-XEN_EINVAL), .u = {}),
    DOM("neither kind", setvcpuaffinity, PRIV(-XEN_EINVAL), .u.vcpuaffinity.flags = 0),
    DOM("unknown flag", setvcpuaffinity, PRIV(-XEN_EINVAL), .u.vcpuaffinity.flags = 0x80000001),
    DOM("no such vCPU", setvcpuaffinity, PRIV(-XEN_ESRCH), .u.vcpuaffinity = { .flags = XEN_VCPUAFFINITY_HARD, .vcpu = NO_VCPU }),
    DOM("map", setvcpuaffinity, PRIV(-XEN_EFAULT), .u.vcpuaffinity = { .flags = XEN_VCPUAFFINITY_HARD, .cpumap_hard = { LIST(bitmap), .nr_bits = 64 } }),
    DOM("no such vCPU", getvcpuaffinity, PRIV(-XEN_ESRCH), .u.vcpuaffinity = { .flags = XEN_VCPUAFFINITY_HARD, .vcpu = NO_VCPU }),
    DOM("map", getvcpuaffinity, PRIV(-XEN_EFAULT), .u.vcpuaffinity = { .flags = XEN_VCPUAFFINITY_SOFT, .cpumap_soft = { LIST(bitmap), .nr_bits = 64 } }),
    DOM("unknown", shadow_op, PRIV(-XEN_EINVAL), .u.shadow_op.op = 77),
    DOM("last number", shadow_op, PRIV(-XEN_EINVAL), .u.shadow_op.op = ~0u),
    DOM("is not on", shadow_op, PRIV(-XEN_EINVAL), .u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_OFF),
    DOM("is not on", shadow_op, PRIV(-XEN_EINVAL), .u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_CLEAN),
    DOM("is not on", shadow_op, PRIV(-XEN_EINVAL), .u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_PEEK),
    DOM("ourselves", shadow_op, PRIV(-XEN_EINVAL), .u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY),
    DOM("no such mode", shadow_op, PRIV(-XEN_EINVAL), .u.shadow_op = { .op = XEN_DOMCTL_SHADOW_OP_ENABLE, .mode = 1u << 31 }),
    /* XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION only tells. */
    DOM("too large", shadow_op, PRIV(-XEN_EINVAL), .u.shadow_op = { .op = XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, .mb = ~0u }),
    DOM("no such vCPU", getvcpuinfo, PRIV(-XEN_EINVAL), .u.getvcpuinfo.vcpu = NO_VCPU),
    DOM("another number", max_vcpus, PRIV(-XEN_EINVAL), .u.max_vcpus.max = NO_VCPU),
    DOM("another scheduler", scheduler_op, PRIV(-XEN_EINVAL), .u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT),
    DOM("unknown", scheduler_op, PRIV(-XEN_EINVAL), .u.scheduler_op = { .sched_id = XEN_SCHEDULER_CREDIT2, .cmd = 9 }),
    DOM("to take from dom0", irq_permission, PRIV(-XEN_EOPNOTSUPP), .u.irq_permission = { .pirq = 1, .allow_access = 0 }),
    DOM("frames that overflow", iomem_permission, PRIV(-XEN_EINVAL), .u.iomem_permission = { .first_mfn = ~0ul, .nr_mfns = 2, .allow_access = 1 }),
    DOM("ports that overflow", ioport_permission, PRIV(-XEN_EINVAL), .u.ioport_permission = { .first_port = 1, .nr_ports = 65536, .allow_access = 1 }),
    DOM("last numbers", ioport_permission, PRIV(-XEN_EINVAL), .u.ioport_permission = { .first_port = ~0u, .nr_ports = ~0u, .allow_access = 1 }),
    DOM("no such frame", hypercall_init, PRIV(-XEN_EACCES), .u.hypercall_init.gmfn = 0xffffffffffull),
    DOM("32 bits", set_address_size, PRIV(-XEN_EOPNOTSUPP), .u.address_size.size = 32),
    DOM("other sizes", set_address_size, PRIV(-XEN_EINVAL), .u.address_size.size = 16),
    DOM("no such vCPU", get_ext_vcpucontext, PRIV(-XEN_ESRCH), .u.ext_vcpucontext.vcpu = NO_VCPU),
    DOM("too many", getpageframeinfo3, PRIV(-XEN_E2BIG), .u.getpageframeinfo3 = { .num = 1025, LIST(array) }),
    DOM("most of all", getpageframeinfo3, PRIV(-XEN_E2BIG), .u.getpageframeinfo3 = { .num = ~0ul, LIST(array) }),
    DOM("list", getpageframeinfo3, PRIV(-XEN_EFAULT), .u.getpageframeinfo3 = { .num = 1, LIST(array) }),
    DOM("map", setnodeaffinity, PRIV(-XEN_EFAULT), .u.nodeaffinity.nodemap = { LIST(bitmap), .nr_bits = 8 }),
    DOM("no node", setnodeaffinity, PRIV(-XEN_EINVAL), .u.nodeaffinity.nodemap.nr_bits = 0),
    DOM("map", getnodeaffinity, PRIV(-XEN_EFAULT), .u.nodeaffinity.nodemap = { LIST(bitmap), .nr_bits = 8 }),
    DOM("list", get_cpu_policy, PRIV(-XEN_EFAULT), .u.cpu_policy = { .nr_leaves = ~0u, LIST(leaves) }),
};
/* clang-format on */

TEST(wrong_domctl, "wrong/domctl")
{
    WRONG_ROWS(each);
    WRONG_ROWS(arguments);
}
