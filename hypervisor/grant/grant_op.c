/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grant_table_op: one row for each operation.  Version 1 of the table. */
#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/vcpu.h>
#include "local.h"

long grant_batch_next(struct hcall *h, unsigned int n, size_t size)
{
    h->arg[1] += n * size;
    h->arg[2] -= n;
    return h->arg[2] && preempt_needed() ? -ERESTART : 0;
}

/* Whose table does @id name?  With a reference; NULL and a status if none. */
static struct domain *table_owner(struct vcpu *caller, domid_t id,
                                  int16_t *status)
{
    struct domain *d = domain_get_target(id);

    *status = GNTST_bad_domain;
    if (d && d != caller->domain && !vcpu_is_control(caller)) {
        domain_put(d);
        *status = GNTST_permission_denied;
        d = NULL;
    }
    return d;
}

/* Grow the table to op->nr_frames and list its frames. */
static int16_t setup_table(struct domain *d,
                           const struct gnttab_setup_table *op)
{
    mfn_t m;

    if (op->nr_frames > d->grant->max_frames)
        return GNTST_general_error;
    for (unsigned int i = 0; i < op->nr_frames; i++) {
        xen_pfn_t frame;

        if (grant_frame(d, i, &m))
            return GNTST_general_error;
        frame = mfn_x(m);
        if (COPY_TO_GUEST_IDX((unsigned long)op->frame_list.p, i, &frame))
            return GNTST_bad_virt_addr;
    }
    return GNTST_okay;
}

static long op_setup_table(struct hcall *h)
{
    struct gnttab_setup_table op;
    struct domain *d;

    if (h->arg[2] != 1)
        return -EINVAL;
    if (copy_from_guest(&op, h->arg[1], sizeof(op)))
        return -EFAULT;

    d = table_owner(h->caller, op.dom, &op.status);
    if (d) {
        op.status = setup_table(d, &op);
        domain_put(d);
    }
    return copy_to_guest(h->arg[1], &op, sizeof(op));
}

static long op_query_size(struct hcall *h)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (h->arg[2] != 1)
        return -EINVAL;
    if (copy_from_guest(&op, h->arg[1], sizeof(op)))
        return -EFAULT;

    d = table_owner(h->caller, op.dom, &op.status);
    if (d) {
        op.nr_frames = d->grant->nr_frames;
        op.max_nr_frames = d->grant->max_frames;
        op.status = GNTST_okay;
        domain_put(d);
    }
    return copy_to_guest(h->arg[1], &op, sizeof(op));
}

static long op_set_version(struct hcall *h)
{
    struct gnttab_set_version op;

    if (copy_from_guest(&op, h->arg[1], sizeof(op)))
        return -EFAULT;
    if (op.version == 2)
        return -ENOSYS;
    if (op.version != 1)
        return -EINVAL;
    return 0;
}

static long op_get_version(struct hcall *h)
{
    struct gnttab_get_version op;
    struct domain *d;
    int16_t status;

    if (copy_from_guest(&op, h->arg[1], sizeof(op)))
        return -EFAULT;
    d = table_owner(h->caller, op.dom, &status);
    if (!d)
        return status == GNTST_bad_domain ? -ESRCH : -EPERM;
    domain_put(d);

    op.version = 1;
    return copy_to_guest(h->arg[1], &op, sizeof(op));
}

static hcall_fn *const ops[] = {
    [GNTTABOP_map_grant_ref] = grant_op_map,
    [GNTTABOP_unmap_grant_ref] = grant_op_unmap,
    [GNTTABOP_setup_table] = op_setup_table,
    [GNTTABOP_copy] = grant_op_copy,
    [GNTTABOP_query_size] = op_query_size,
    [GNTTABOP_set_version] = op_set_version,
    [GNTTABOP_get_version] = op_get_version,
};

/**
 * hc_grant_table_op - grant_table_op(cmd, array, count)
 *
 * Each element has a status of its own (GNTST_).  Returns: 0; -EFAULT;
 * -EINVAL count; -ERESTART with the array moved on; -ENOSYS operations of
 * version 2, transfers, swaps, cache flushes and unknown ones.
 */
long hc_grant_table_op(struct hcall *h)
{
    unsigned long cmd = h->arg[0];

    if (h->arg[2] > INT32_MAX)
        return -EINVAL;
    if (cmd >= ARRAY_SIZE(ops) || !ops[cmd])
        return -ENOSYS;

    return ops[cmd](h);
}
