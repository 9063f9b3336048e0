/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wrong uses of the calls of the control domain and of the one with devices:
 * each operation by a guest that is neither, and each wrong argument.
 */
#define __XEN_TOOLS__
#include <xen/domctl.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sysctl.h>
#include <xen/arch-x86/xen-mca.h>
#include "rows.h"

#define NO_DOMAIN 4242
#define NO_VCPU 8000
#define LIST(x) .x.p = (void *)UNMAPPED

/* clang-format off */
#define PHYS_BUF(op, rc, type) ROW("buffer", physdev_op, PHYSDEVOP_##op, rc, .size = sizeof(struct type))
#define PHYS(why_, op, type, rc, ...) ROW(why_, physdev_op, PHYSDEVOP_##op, rc, DATA(struct type, __VA_ARGS__))

static const struct row devices[] = {
    /* PHYSDEVOP_IRQ_UNMASK_NOTIFY has no argument. */
    PHYS_BUF(irq_status_query, PRIV(-XEN_EFAULT), physdev_irq_status_query),
    PHYS_BUF(set_iopl, BOTH(-XEN_EFAULT), physdev_set_iopl),
    PHYS_BUF(set_iobitmap, BOTH(-XEN_EFAULT), physdev_set_iobitmap),
    PHYS_BUF(apic_read, PRIV(-XEN_EFAULT), physdev_apic),
    PHYS_BUF(alloc_irq_vector, PRIV(-XEN_EFAULT), physdev_irq),
    PHYS_BUF(eoi, PRIV(-XEN_EFAULT), physdev_eoi),
    PHYS_BUF(map_pirq, PRIV(-XEN_EFAULT), physdev_map_pirq),
    PHYS_BUF(unmap_pirq, PRIV(-XEN_EFAULT), physdev_unmap_pirq),
    PHYS_BUF(setup_gsi, PRIV(-XEN_EFAULT), physdev_setup_gsi),
    PHYS_BUF(pci_mmcfg_reserved, PRIV(-XEN_EFAULT), physdev_pci_mmcfg_reserved),
    PHYS_BUF(pci_device_add, PRIV(-XEN_EFAULT), physdev_pci_device_add),
    PHYS_BUF(pci_device_remove, PRIV(-XEN_EFAULT), physdev_pci_device),
    PHYS_BUF(pirq_eoi_gmfn_v2, PRIV(-XEN_EFAULT), physdev_pirq_eoi_gmfn),
    PHYS("no such PIRQ", irq_status_query, physdev_irq_status_query, PRIV(-XEN_EINVAL), .irq = ~0u),
    PHYS("level 4", set_iopl, physdev_set_iopl, BOTH(-XEN_EINVAL), .iopl = 4),
    PHYS("last number", set_iopl, physdev_set_iopl, BOTH(-XEN_EINVAL), .iopl = ~0u),
    PHYS("too many ports", set_iobitmap, physdev_set_iobitmap, BOTH(-XEN_EINVAL), .nr_ports = 65537),
    PHYS("most of all", set_iobitmap, physdev_set_iobitmap, BOTH(-XEN_EINVAL), .nr_ports = ~0u),
    PHYS("no such IOAPIC", apic_read, physdev_apic, PRIV(-XEN_EINVAL), .apic_physbase = 0x1000),
    PHYS("no such register", apic_read, physdev_apic, PRIV(-XEN_EINVAL), .apic_physbase = 0xfec00000, .reg = ~0u),
    PHYS("writing", apic_write, physdev_apic, BOTH(-XEN_ENOSYS), .apic_physbase = 0xfec00000),
    PHYS("no such line", alloc_irq_vector, physdev_irq, PRIV(-XEN_EINVAL), .irq = ~0u),
    PHYS("no such PIRQ", eoi, physdev_eoi, PRIV(-XEN_EINVAL), .irq = ~0u),
    PHYS("for another", map_pirq, physdev_map_pirq, PRIV(-XEN_ESRCH), .domid = NO_DOMAIN),
    PHYS("no such type", map_pirq, physdev_map_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .type = 99),
    PHYS("several messages", map_pirq, physdev_map_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MULTI_MSI),
    PHYS("no such line", map_pirq, physdev_map_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 0x7fffffff, .pirq = -1),
    PHYS("negative line", map_pirq, physdev_map_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = -1, .pirq = -1),
    PHYS("two numbers", map_pirq, physdev_map_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 5, .pirq = 6),
    PHYS("no such bus", map_pirq, physdev_map_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI, .bus = 256),
    PHYS("no such function", map_pirq, physdev_map_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI, .devfn = 256),
    PHYS("no such entry", map_pirq, physdev_map_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI, .entry_nr = -1),
    PHYS("no such segment", map_pirq, physdev_map_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG, .bus = 1 << 16),
    PHYS("no such device", map_pirq, physdev_map_pirq, PRIV(-XEN_ENODEV), .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI, .bus = 255),
    PHYS("of another", unmap_pirq, physdev_unmap_pirq, PRIV(-XEN_ESRCH), .domid = NO_DOMAIN),
    PHYS("negative", unmap_pirq, physdev_unmap_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .pirq = -1),
    PHYS("no such PIRQ", unmap_pirq, physdev_unmap_pirq, PRIV(-XEN_EINVAL), .domid = DOMID_SELF, .pirq = 0x7fffffff),
    PHYS("no such line", setup_gsi, physdev_setup_gsi, PRIV(-XEN_EINVAL), .gsi = 0x7fffffff),
    PHYS("negative line", setup_gsi, physdev_setup_gsi, PRIV(-XEN_EINVAL), .gsi = -1),
    PHYS("no such frame", pirq_eoi_gmfn_v2, physdev_pirq_eoi_gmfn, PRIV(-XEN_EINVAL), .gmfn = 0xffffffffffull),
    ROW("unknown", physdev_op, 99, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
    ROW("last number", physdev_op, 0xffffffff, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
};

/* Calls whose command is in the structure. */
#define CTL(why_, hc, type, version, op, rc, ...)                              \
    ROW_ANY(#op ": " why_, hc, .arg = { BUF }, rc,                             \
            DATA(struct type, .cmd = op, .interface_version = version, __VA_ARGS__))
#define CTL_BUF(hc, type) ROW_ANY("buffer", hc, .arg = { BUF }, PRIV(-XEN_EFAULT), .size = sizeof(struct type))
#define SYS(why_, op, rc, ...) CTL(why_, sysctl, xen_sysctl, XEN_SYSCTL_INTERFACE_VERSION, XEN_SYSCTL_##op, rc, __VA_ARGS__)
/* An operation with nothing to refuse, in the wrong version and by a guest. */
#define SYS_OLD(op) CTL("version", sysctl, xen_sysctl, 1, XEN_SYSCTL_##op, PRIV(-XEN_EACCES), .u = {})

static const struct row machine[] = {
    CTL_BUF(sysctl, xen_sysctl),
    SYS_OLD(readconsole), SYS_OLD(physinfo), SYS_OLD(sched_id),
    SYS_OLD(getdomaininfolist), SYS_OLD(debug_keys), SYS_OLD(getcpuinfo),
    SYS_OLD(availheap), SYS_OLD(cpu_hotplug), SYS_OLD(cputopoinfo),
    SYS_OLD(numainfo), SYS_OLD(cpupool_op), SYS_OLD(scheduler_op),
    SYS_OLD(get_cpu_levelling_caps), SYS_OLD(get_cpu_featureset),
    SYS_OLD(get_cpu_policy),
    SYS("buffer", readconsole, PRIV(-XEN_EFAULT), .u.readconsole = { .count = 64, LIST(buffer) }),
    SYS("list", getdomaininfolist, PRIV(-XEN_EFAULT), .u.getdomaininfolist = { .max_domains = ~0u, LIST(buffer) }),
    SYS("too many", debug_keys, PRIV(-XEN_E2BIG), .u.debug_keys.nr_keys = 65),
    SYS("most of all", debug_keys, PRIV(-XEN_E2BIG), .u.debug_keys.nr_keys = ~0u),
    SYS("list", debug_keys, PRIV(-XEN_EFAULT), .u.debug_keys = { LIST(keys), .nr_keys = 1 }),
    SYS("list", getcpuinfo, PRIV(-XEN_EFAULT), .u.getcpuinfo = { .max_cpus = ~0u, LIST(info) }),
    SYS("no such CPU", cpu_hotplug, PRIV(-XEN_EINVAL), .u.cpu_hotplug = { .cpu = 5000, .op = XEN_SYSCTL_CPU_HOTPLUG_ONLINE }),
    SYS("last number", cpu_hotplug, PRIV(-XEN_EINVAL), .u.cpu_hotplug = { .cpu = ~0u, .op = XEN_SYSCTL_CPU_HOTPLUG_OFFLINE }),
    SYS("unknown", cpu_hotplug, PRIV(-XEN_EINVAL), .u.cpu_hotplug.op = 99),
    SYS("list", cputopoinfo, PRIV(-XEN_EFAULT), .u.cputopoinfo = { .num_cpus = ~0u, LIST(cputopo) }),
    SYS("list", numainfo, PRIV(-XEN_EFAULT), .u.numainfo = { .num_nodes = ~0u, LIST(meminfo) }),
    SYS("distances", numainfo, PRIV(-XEN_EFAULT), .u.numainfo = { .num_nodes = ~0u, LIST(distance) }),
    SYS("no such pool", cpupool_op, PRIV(-XEN_ENOENT), .u.cpupool_op = { .op = XEN_SYSCTL_CPUPOOL_OP_INFO, .cpupool_id = 7 }),
    SYS("map", cpupool_op, PRIV(-XEN_EFAULT), .u.cpupool_op = { .op = XEN_SYSCTL_CPUPOOL_OP_INFO, .cpumap = { LIST(bitmap), .nr_bits = 64 } }),
    SYS("not offered", cpupool_op, PRIV(-XEN_EOPNOTSUPP), .u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_CREATE),
    SYS("no such pool", scheduler_op, PRIV(-XEN_ESRCH), .u.scheduler_op.cpupool_id = 7),
    SYS("another scheduler", scheduler_op, PRIV(-XEN_EINVAL), .u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT),
    SYS("unknown", scheduler_op, PRIV(-XEN_EINVAL), .u.scheduler_op = { .sched_id = XEN_SCHEDULER_CREDIT2, .cmd = 9 }),
    SYS("rate limit", scheduler_op, PRIV(-XEN_EOPNOTSUPP), .u.scheduler_op = { .sched_id = XEN_SCHEDULER_CREDIT2, .cmd = XEN_SYSCTL_SCHEDOP_putinfo, .u.sched_credit2.ratelimit_us = 1 }),
    SYS("no such set", get_cpu_featureset, PRIV(-XEN_EINVAL), .u.cpu_featureset.index = 99),
    SYS("list", get_cpu_featureset, PRIV(-XEN_EFAULT), .u.cpu_featureset = { .nr_features = ~0u, LIST(features) }),
    SYS("reserved field", get_cpu_policy, PRIV(-XEN_EINVAL), .u.cpu_policy._rsvd = 1),
    SYS("no such policy", get_cpu_policy, PRIV(-XEN_EINVAL), .u.cpu_policy.index = 99),
    SYS("list", get_cpu_policy, PRIV(-XEN_EFAULT), .u.cpu_policy = { .nr_leaves = ~0u, LIST(leaves) }),
    SYS("too short", get_cpu_policy, PRIV(-XEN_ENOBUFS), .u.cpu_policy = { .nr_leaves = 0, LIST(leaves) }),
    CTL("unknown", sysctl, xen_sysctl, XEN_SYSCTL_INTERFACE_VERSION, 9999, PRIV(-XEN_ENOSYS), .u = {}),
};

#define PF(why_, op, rc, ...) CTL(why_, platform_op, xen_platform_op, XENPF_INTERFACE_VERSION, XENPF_##op, rc, __VA_ARGS__)
#define PF_OLD(op) CTL("version", platform_op, xen_platform_op, 1, XENPF_##op, PRIV(-XEN_EACCES), .u = {})
#define MCA(why_, op, version, rc, ...) CTL(why_, mca, xen_mc, version, XEN_MC_##op, rc, __VA_ARGS__)

static const struct row platform[] = {
    CTL_BUF(platform_op, xen_platform_op),
    PF_OLD(settime32), PF_OLD(settime64), PF_OLD(firmware_info),
    PF_OLD(enter_acpi_sleep), PF_OLD(get_cpuinfo), PF_OLD(cpu_online),
    PF_OLD(cpu_offline),
    PF("too many nanoseconds", settime32, PRIV(-XEN_EINVAL), .u.settime32.nsecs = 1000000000),
    PF("too many nanoseconds", settime64, PRIV(-XEN_EINVAL), .u.settime64.nsecs = ~0u),
    PF("must be zero", settime64, PRIV(-XEN_EINVAL), .u.settime64.mbz = 1),
    PF("was not asked", firmware_info, PRIV(-XEN_ESRCH), .u = {}),
    PF("unknown flag", enter_acpi_sleep, PRIV(-XEN_EINVAL), .u.enter_acpi_sleep.flags = 2),
    PF("no such state", enter_acpi_sleep, PRIV(-XEN_EINVAL), .u.enter_acpi_sleep.sleep_state = 256),
    PF("no such CPU", cpu_online, PRIV(-XEN_EINVAL), .u.cpu_ol.cpuid = 5000),
    PF("no such CPU", cpu_offline, PRIV(-XEN_EINVAL), .u.cpu_ol.cpuid = 5000),
    PF("the first one", cpu_offline, PRIV(-XEN_EOPNOTSUPP), .u.cpu_ol.cpuid = 0),
    CTL("unknown", platform_op, xen_platform_op, XENPF_INTERFACE_VERSION, 9999, PRIV(-XEN_ENOSYS), .u = {}),
    CTL_BUF(mca, xen_mc),
    MCA("version", fetch, 1, PRIV(-XEN_EACCES), .u = {}),
    MCA("version", physcpuinfo, 1, PRIV(-XEN_EACCES), .u = {}),
    MCA("list", physcpuinfo, XEN_MCA_INTERFACE_VERSION, PRIV(-XEN_EFAULT), .u.mc_physcpuinfo = { .ncpus = 1, LIST(info) }),
    MCA("no injection", msrinject, XEN_MCA_INTERFACE_VERSION, PRIV(-XEN_ENOSYS), .u = {}),
};
/* clang-format on */

TEST(wrong_device, "wrong/device") { WRONG_ROWS(devices); }

TEST(wrong_machine, "wrong/machine")
{
    WRONG_ROWS(machine);
    WRONG_ROWS(platform);
}
