/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * platform_op: the machine's clock, processors and sleep states, for the
 * control domain.  Sub-operations that are not in the table are -ENOSYS:
 * microcode, EFI calls, CPU and memory hotplug, processor power management.
 */
#include <hv/acpi.h>
#include <hv/clock.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <xen/xen.h>
#include <xen/platform.h>

/* -EINVAL: nanoseconds that are none, or bits that must be zero */
static int op_settime64(struct xen_platform_op *op)
{
    const struct xenpf_settime64 *t = &op->u.settime64;

    if (t->mbz || t->nsecs >= 1000000000)
        return -EINVAL;
    wallclock_set(t->secs, t->nsecs, t->system_time);
    return 0;
}

static int op_settime32(struct xen_platform_op *op)
{
    const struct xenpf_settime32 *t = &op->u.settime32;

    if (t->nsecs >= 1000000000)
        return -EINVAL;
    wallclock_set(t->secs, t->nsecs, t->system_time);
    return 0;
}

/* What a BIOS told a real-mode boot loader: nobody asked it. */
static int op_firmware_info(struct xen_platform_op *op)
{
    switch (op->u.firmware_info.type) {
    case XEN_FW_DISK_INFO:
    case XEN_FW_DISK_MBR_SIGNATURE:
    case XEN_FW_VBEDDC_INFO:
        return -ESRCH;
    }
    return -ENOSYS;
}

/* S5 only; -EOPNOTSUPP others, or the machine's ports are not known. */
static int op_enter_acpi_sleep(struct xen_platform_op *op)
{
    const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;

    if (s->flags & ~XENPF_ACPI_SLEEP_EXTENDED)
        return -EINVAL;
    if (s->flags || s->sleep_state != 5)
        return -EOPNOTSUPP;
    return acpi_enter_sleep(s->sleep_state, s->val_a, s->val_b);
}

static int op_get_cpuinfo(struct xen_platform_op *op)
{
    struct xenpf_pcpuinfo *i = &op->u.pcpu_info;
    uint32_t nr = i->xen_cpuid;

    i->max_present = nr_cpus_online - 1;
    i->apic_id = i->acpi_id = ~0U;
    i->flags = XEN_PCPU_FLAGS_INVALID;
    if (nr >= nr_cpus_online)
        return 0;
    i->flags = XEN_PCPU_FLAGS_ONLINE;
    i->apic_id = cpus[nr].apic_id;
    for (unsigned int k = 0; k < acpi.nr_cpus; k++)
        if (acpi.cpu_apic_id[k] == i->apic_id)
            i->acpi_id = acpi.cpu_acpi_id[k];
    return 0;
}

// clang-format off
static const struct {
    int (*fn)(struct xen_platform_op *op);
    bool out; /* the structure is copied back */
} ops[] = {
    [XENPF_settime32]        = { op_settime32,        false },
    [XENPF_firmware_info]    = { op_firmware_info,    false },
    [XENPF_enter_acpi_sleep] = { op_enter_acpi_sleep, false },
    [XENPF_get_cpuinfo]      = { op_get_cpuinfo,      true },
    [XENPF_settime64]        = { op_settime64,        false },
};
// clang-format on

/*
 * hc_platform_op - (structure); -EACCES another interface version, -ENOSYS
 * unknown, -EFAULT.  Source: <xen/platform.h>.
 */
long hc_platform_op(struct hcall *h)
{
    struct xen_platform_op op;
    int ret;

    if (copy_from_guest(&op, h->arg[0], sizeof(op)))
        return -EFAULT;
    if (op.interface_version != XENPF_INTERFACE_VERSION)
        return -EACCES;
    if (op.cmd >= ARRAY_SIZE(ops) || !ops[op.cmd].fn)
        return -ENOSYS;

    ret = ops[op.cmd].fn(&op);

    if (!ret && ops[op.cmd].out && copy_to_guest(h->arg[0], &op, sizeof(op)))
        return -EFAULT;
    return ret;
}
