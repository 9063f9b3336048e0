/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * physdev_op: what a guest asks about interrupts and I/O ports.
 *
 * -ENOSYS unknown; -EPERM not the hardware domain; -EFAULT the structure;
 * each handler says the rest.
 */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/irq.h>
#include <hv/nospec.h>
#include <hv/vcpu.h>
#include "local.h"

static int op_eoi(struct vcpu *v, void *arg)
{
    return pirq_eoi(v->domain, ((struct physdev_eoi *)arg)->irq);
}

/* Notifications of old guests; the port's own unmasking does it. */
static int op_nothing(struct vcpu *v, void *arg)
{
    (void)v;
    (void)arg;
    return 0;
}

static int op_set_iopl(struct vcpu *v, void *arg)
{
    const struct physdev_set_iopl *a = arg;

    if (a->iopl > 3)
        return -EINVAL;
    v->iopl = a->iopl;
    return 0;
}

static int op_set_iobitmap(struct vcpu *v, void *arg)
{
    const struct physdev_set_iobitmap *a = arg;

    if (a->nr_ports > 65536)
        return -EINVAL;
    v->u_iobmp = a->bitmap.p;
    v->iobmp_nr = a->nr_ports;
    return 0;
}

static int op_irq_status_query(struct vcpu *v, void *arg)
{
    struct physdev_irq_status_query *a = arg;
    int needs = pirq_needs_eoi(v->domain, a->irq);

    if (needs < 0)
        return needs;
    a->flags = needs ? XENIRQSTAT_needs_eoi : 0;
    return 0;
}

static int op_eoi_map(struct vcpu *v, void *arg)
{
    const struct physdev_pirq_eoi_gmfn *a = arg;

    return pirq_set_eoi_map(v->domain, mfn(a->gmfn));
}

static int op_apic_read(struct vcpu *v, void *arg)
{
    struct physdev_apic *a = arg;

    (void)v;
    return ioapic_read(a->apic_physbase, a->reg, &a->value);
}

/* Vectors are ours; guests only want to hear that there is one. */
static int op_alloc_vector(struct vcpu *v, void *arg)
{
    struct physdev_irq *a = arg;

    (void)v;
    if (!gsi_valid(a->irq))
        return -EINVAL;
    a->vector = gsi_word(a->irq) & 0xff;
    return 0;
}

static int map_msi(struct vcpu *v, struct physdev_map_pirq *a)
{
    bool with_segment = a->type == MAP_PIRQ_TYPE_MSI_SEG;
    unsigned int segment = with_segment ? (uint32_t)a->bus >> 16 : 0;
    unsigned int bus = with_segment ? a->bus & 0xffff : (uint32_t)a->bus;
    struct msi m;
    int ret;

    if (segment || bus > 0xff || (uint32_t)a->devfn > 0xff || a->entry_nr < 0)
        return -EINVAL;
    ret = msi_find(bus << 8 | a->devfn, a->table_base, a->entry_nr, &m);
    if (ret)
        return ret;
    ret = pirq_map_msi(v->domain, &m);
    if (ret < 0)
        return ret;
    a->pirq = ret;
    return 0;
}

/* -EINVAL also for several messages of one device (MAP_PIRQ_TYPE_MULTI_MSI) */
static int op_map_pirq(struct vcpu *v, void *arg)
{
    struct physdev_map_pirq *a = arg;
    int ret;

    if (a->domid != DOMID_SELF && a->domid != v->domain->id)
        return -ESRCH;
    switch (a->type) {
    case MAP_PIRQ_TYPE_GSI:
        if (a->index < 0 || (a->pirq >= 0 && a->pirq != a->index))
            return -EINVAL;
        ret = pirq_map_gsi(v->domain, a->index);
        if (!ret)
            a->pirq = a->index;
        return ret;
    case MAP_PIRQ_TYPE_MSI:
    case MAP_PIRQ_TYPE_MSI_SEG:
        return map_msi(v, a);
    }
    return -EINVAL;
}

static int op_unmap_pirq(struct vcpu *v, void *arg)
{
    const struct physdev_unmap_pirq *a = arg;

    if (a->domid != DOMID_SELF && a->domid != v->domain->id)
        return -ESRCH;
    return a->pirq < 0 ? -EINVAL : pirq_unmap(v->domain, a->pirq);
}

/* -EEXIST: a line of the hypervisor's own stays as it is. */
static int op_setup_gsi(struct vcpu *v, void *arg)
{
    const struct physdev_setup_gsi *a = arg;

    if (a->gsi < 0 || !gsi_valid(a->gsi))
        return -EINVAL;
    if (gsi_is_ours(a->gsi))
        return -EEXIST;
    gsi_set_mode(a->gsi, a->triggering, a->polarity);
    pirq_mode_changed(v->domain, a->gsi);
    return 0;
}

// clang-format off
static const struct {
    int (*fn)(struct vcpu *v, void *arg);
    uint8_t size;  /* of the structure; 0: none */
    bool out;      /* copied back on success */
    bool hardware; /* for the hardware domain only */
} ops[] = {
    [PHYSDEVOP_IRQ_UNMASK_NOTIFY] = { op_nothing,          0,                                       false, false },
    [PHYSDEVOP_irq_status_query]  = { op_irq_status_query, sizeof(struct physdev_irq_status_query), true,  true },
    [PHYSDEVOP_set_iopl]          = { op_set_iopl,         sizeof(struct physdev_set_iopl),         false, false },
    [PHYSDEVOP_set_iobitmap]      = { op_set_iobitmap,     sizeof(struct physdev_set_iobitmap),     false, false },
    [PHYSDEVOP_apic_read]         = { op_apic_read,        sizeof(struct physdev_apic),             true,  true },
    [PHYSDEVOP_alloc_irq_vector]  = { op_alloc_vector,     sizeof(struct physdev_irq),              true,  true },
    [PHYSDEVOP_eoi]               = { op_eoi,              sizeof(struct physdev_eoi),              false, true },
    [PHYSDEVOP_map_pirq]          = { op_map_pirq,         sizeof(struct physdev_map_pirq),         true,  true },
    [PHYSDEVOP_unmap_pirq]        = { op_unmap_pirq,       sizeof(struct physdev_unmap_pirq),       false, true },
    [PHYSDEVOP_setup_gsi]         = { op_setup_gsi,        sizeof(struct physdev_setup_gsi),        false, true },
    /* Devices are looked up when they are used: nothing to remember. */
    [PHYSDEVOP_pci_mmcfg_reserved] = { op_nothing,         sizeof(struct physdev_pci_mmcfg_reserved), false, true },
    [PHYSDEVOP_pci_device_add]    = { op_nothing,          sizeof(struct physdev_pci_device_add),   false, true },
    [PHYSDEVOP_pci_device_remove] = { op_nothing,          sizeof(struct physdev_pci_device),       false, true },
    [PHYSDEVOP_pirq_eoi_gmfn_v2]  = { op_eoi_map,          sizeof(struct physdev_pirq_eoi_gmfn),    false, true },
};
// clang-format on

/* hc_physdev_op - (cmd, structure); see above.  Source: <xen/physdev.h>. */
long hc_physdev_op(struct hcall *h)
{
    uint32_t cmd = nospec_index((uint32_t)h->arg[0], ARRAY_SIZE(ops));
    uint64_t arg[8]; /* room for the largest structure */
    int ret;

    if (!ops[cmd].fn) /* 0 is none of them */
        return -ENOSYS;
    if (ops[cmd].hardware && !h->caller->domain->hardware)
        return -EPERM;
    if (ops[cmd].size > sizeof(arg))
        return -EINVAL;
    if (ops[cmd].size && copy_from_guest(arg, h->arg[1], ops[cmd].size))
        return -EFAULT;

    ret = ops[cmd].fn(h->caller, arg);

    if (!ret && ops[cmd].out && copy_to_guest(h->arg[1], arg, ops[cmd].size))
        return -EFAULT;
    return ret;
}
