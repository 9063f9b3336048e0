/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_op: the table, and the sub-operations that only tell something. */
#include <hv/grant.h>
#include <hv/heap.h>
#include <hv/nospec.h>

#include "local.h"
#include "m2p.h"
#include "memory.h"

int memory_target(struct hcall *h, domid_t id, struct domain **d)
{
    struct domain *caller = h->caller->domain;

    *d = domain_get_target(id);
    if (!*d)
        return -ESRCH;
    if (*d != caller && !caller->control) {
        domain_put(*d);
        return -EPERM;
    }
    return 0;
}

static long maximum_ram_page(struct hcall *h, unsigned long u)
{
    (void)h, (void)u;
    return max_mfn - 1;
}

/* current_reservation, maximum_reservation, maximum_gpfn of a domain */
static long domain_figure(struct hcall *h, unsigned long u)
{
    struct xen_memory_domain arg;
    struct domain *d;
    long ret;
    int err;

    if (copy_from_guest(&arg, u, sizeof(arg)))
        return -EFAULT;
    err = memory_target(h, arg.domid, &d);
    if (err)
        return err;

    switch (h->arg[0] & MEMOP_CMD_MASK) {
    case XENMEM_current_reservation:
        ret = d->tot_pages;
        break;
    case XENMEM_maximum_reservation:
        ret = d->max_pages;
        break;
    default: /* what the guest says of itself, but never an error */
        ret = d->shared->arch.max_pfn & ~0UL >> 1;
        ret = ret ? ret - 1 : 0;
        break;
    }
    domain_put(d);
    return ret;
}

static long machphys_mapping(struct hcall *h, unsigned long u)
{
    struct xen_machphys_mapping map = {
        .v_start = MACH2PHYS_VIRT_START,
        .v_end = MACH2PHYS_VIRT_END,
        .max_mfn = m2p_end() - 1,
    };

    (void)h;
    return copy_to_guest(u, &map, sizeof(map));
}

static long machphys_mfn_list(struct hcall *h, unsigned long u)
{
    struct xen_machphys_mfn_list list;
    unsigned int i;

    (void)h;
    if (copy_from_guest(&list, u, sizeof(list)))
        return -EFAULT;

    for (i = 0; i < list.max_extents &&
                i * LARGE_PAGE_SIZE / sizeof(uint64_t) < m2p_end();
         i++) {
        xen_pfn_t m = mfn_x(m2p_chunk(i));

        if (COPY_TO_GUEST_IDX(list.extent_start.p, i, &m))
            return -EFAULT;
    }
    list.nr_extents = i;
    return copy_to_guest(u, &list, sizeof(list));
}

/* Pages of a domain that are no part of its memory: its grant table. */
static long acquire_resource(struct hcall *h, unsigned long u)
{
    struct xen_mem_acquire_resource r;
    struct domain *d;
    uint64_t max;
    bool status;
    long err;

    if (copy_from_guest(&r, u, sizeof(r)))
        return -EFAULT;
    if (r.pad)
        return -EINVAL;
    err = memory_target(h, r.domid, &d);
    if (err)
        return err;

    status = r.id == XENMEM_resource_grant_table_id_status;
    max = grant_max_frames(d, status);
    if (r.type != XENMEM_resource_grant_table) {
        err = -EOPNOTSUPP; /* the toolstack then does without */
    } else if ((r.id != XENMEM_resource_grant_table_id_shared && !status) ||
               (!r.frame_list.p && r.nr_frames)) {
        err = -EINVAL;
    } else if (!r.frame_list.p) {
        r.nr_frames = max;
        err = copy_to_guest(u, &r, sizeof(r));
    } else if (r.frame > max || r.nr_frames > max - r.frame) {
        err = -EINVAL;
    } else {
        err = grant_list_frames(d, status, r.frame, r.nr_frames,
                                (unsigned long)r.frame_list.p);
    }
    domain_put(d);
    return err;
}

static long claim_pages(struct hcall *h, unsigned long u)
{
    struct xen_memory_reservation r;
    struct domain *d;
    int err;

    if (!h->caller->domain->control)
        return -EPERM;
    if (copy_from_guest(&r, u, sizeof(r)))
        return -EFAULT;
    if (r.extent_start.p || r.extent_order || r.mem_flags)
        return -EINVAL;
    err = memory_target(h, r.domid, &d);
    if (err)
        return err;
    err = heap_claim(d, r.nr_extents);
    domain_put(d);
    return err;
}

/* For PV guests there is no map to remove anything from: only the check. */
static long remove_from_physmap(struct hcall *h, unsigned long u)
{
    struct xen_remove_from_physmap r;
    struct domain *d;
    long err;

    if (copy_from_guest(&r, u, sizeof(r)))
        return -EFAULT;
    err = memory_target(h, r.domid, &d);
    if (err)
        return err;
    if (frame_get(mfn(r.gpfn), d))
        frame_put(mfn(r.gpfn));
    else
        err = -ENOENT;
    domain_put(d);
    return err;
}

static long not_supported(struct hcall *h, unsigned long u)
{
    (void)h, (void)u;
    return -EOPNOTSUPP;
}

/* The rest (sharing, paging, translated guests, ...) is -ENOSYS. */
static memory_fn *const memory_ops[] = {
    // clang-format off
    [XENMEM_increase_reservation] = memory_reservation,
    [XENMEM_decrease_reservation] = memory_reservation,
    [XENMEM_populate_physmap]     = memory_reservation,
    [XENMEM_exchange]             = memory_exchange,
    [XENMEM_maximum_ram_page]     = maximum_ram_page,
    [XENMEM_current_reservation]  = domain_figure,
    [XENMEM_maximum_reservation]  = domain_figure,
    [XENMEM_maximum_gpfn]         = domain_figure,
    [XENMEM_machphys_mfn_list]    = machphys_mfn_list,
    [XENMEM_machphys_mapping]     = machphys_mapping,
    [XENMEM_memory_map]           = memory_map_get,
    [XENMEM_machine_memory_map]   = memory_map_machine,
    [XENMEM_set_memory_map]       = memory_map_set,
    [XENMEM_acquire_resource]     = acquire_resource,
    [XENMEM_claim_pages]          = claim_pages,
    [XENMEM_remove_from_physmap]  = remove_from_physmap,
    [XENMEM_reserved_device_memory_map] = not_supported,
    [XENMEM_get_vnumainfo]        = not_supported, /* xl save asks */
    // clang-format on
};

long hc_memory_op(struct hcall *h)
{
    unsigned int cmd = h->arg[0] & MEMOP_CMD_MASK;
    unsigned int i = nospec_index(cmd, ARRAY_SIZE(memory_ops));

    if (cmd >= ARRAY_SIZE(memory_ops) || !memory_ops[i])
        return -ENOSYS;
    return memory_ops[i](h, h->arg[1]);
}
