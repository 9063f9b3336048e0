/* SPDX-License-Identifier: GPL-2.0-or-later */
/* platform_op: what dom0 tells and asks about the machine. */
#include <hv/acpi.h>
#include <hv/clock.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <xen/platform.h>
#include "local.h"

#define NSEC_PER_SEC 1000000000U

typedef long platform_fn(struct xen_platform_op *p);

static long op_settime64(struct xen_platform_op *p)
{
    const struct xenpf_settime64 *t = &p->u.settime64;

    if (t->mbz || t->nsecs >= NSEC_PER_SEC)
        return -EINVAL;
    wallclock_set(t->secs, t->nsecs, t->system_time);

    return 0;
}

static long op_settime32(struct xen_platform_op *p)
{
    const struct xenpf_settime32 *t = &p->u.settime32;

    if (t->nsecs >= NSEC_PER_SEC)
        return -EINVAL;
    wallclock_set(t->secs, t->nsecs, t->system_time);

    return 0;
}

/* Nothing was asked of the firmware at boot; guests take that. */
static long op_firmware_info(struct xen_platform_op *p)
{
    (void)p;
    return -ESRCH;
}

static long op_enter_acpi_sleep(struct xen_platform_op *p)
{
    const struct xenpf_enter_acpi_sleep *s = &p->u.enter_acpi_sleep;

    if (s->flags & XENPF_ACPI_SLEEP_EXTENDED)
        return -EOPNOTSUPP; /* hardware-reduced ACPI */
    if (s->flags || s->sleep_state > UINT8_MAX)
        return -EINVAL;
    return acpi_enter_sleep(s->sleep_state, s->val_a, s->val_b);
}

static long op_get_cpuinfo(struct xen_platform_op *p)
{
    struct xenpf_pcpuinfo *i = &p->u.pcpu_info;

    i->max_present = nr_cpus - 1;
    i->apic_id = i->acpi_id = ~0U;
    i->flags = XEN_PCPU_FLAGS_INVALID;
    if (i->xen_cpuid >= nr_cpus)
        return 0;

    i->apic_id = cpus[i->xen_cpuid].apic_id;
    i->acpi_id = cpus[i->xen_cpuid].acpi_id;
    i->flags = cpu_online(i->xen_cpuid) ? XEN_PCPU_FLAGS_ONLINE : 0;

    return 0;
}

long pcpu_changed(long err)
{
    if (!err)
        virq_raise_global(VIRQ_PCPU_STATE);
    return err;
}

/* Here a CPU that is already so is no error, and the boot CPU is another. */
static long op_cpu_online(struct xen_platform_op *p)
{
    uint32_t cpu = p->u.cpu_ol.cpuid;

    return cpu_online(cpu) ? 0 : pcpu_changed(cpu_up(cpu));
}

static long op_cpu_offline(struct xen_platform_op *p)
{
    uint32_t cpu = p->u.cpu_ol.cpuid;

    if (!cpu)
        return -EOPNOTSUPP;
    return cpu < nr_cpus && !cpu_online(cpu) ? 0 : pcpu_changed(cpu_down(cpu));
}

static platform_fn *const ops[] = {
    [XENPF_settime32] = op_settime32,
    [XENPF_settime64] = op_settime64,
    [XENPF_firmware_info] = op_firmware_info,
    [XENPF_enter_acpi_sleep] = op_enter_acpi_sleep,
    [XENPF_get_cpuinfo] = op_get_cpuinfo,
    [XENPF_cpu_online] = op_cpu_online,
    [XENPF_cpu_offline] = op_cpu_offline,
};

/**
 * hc_platform_op - platform_op(struct xen_platform_op *), control domain only
 *
 * Returns: what the operation says; -EACCES interface version; -EFAULT;
 * -ENOSYS all others (memory types, microcode, EFI, frequencies, more CPUs).
 */
long hc_platform_op(struct hcall *h)
{
    unsigned long u = h->arg[0];
    struct xen_platform_op p;
    long err;

    if (copy_from_guest(&p, u, sizeof(p)))
        return -EFAULT;
    if (p.interface_version != XENPF_INTERFACE_VERSION)
        return -EACCES;
    if (p.cmd >= ARRAY_SIZE(ops) || !ops[p.cmd])
        return -ENOSYS;

    err = ops[p.cmd](&p);

    if (!err && copy_to_guest(u, &p, sizeof(p)))
        err = -EFAULT;
    return err;
}
