/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grant_table_op: one row for each operation. */
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/string.h>
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

union table_arg {
    struct gnttab_setup_table setup;
    struct gnttab_query_size size;
    struct gnttab_get_status_frames status;
};

static int16_t list_frames(struct domain *d, bool status, unsigned int nr,
                           const void *u_list)
{
    int err = grant_list_frames(d, status, 0, nr, (unsigned long)u_list);

    if (err == -EFAULT)
        return GNTST_bad_virt_addr;
    return err ? GNTST_general_error : GNTST_okay;
}

/* Grow the table to nr_frames and list its frames. */
static int16_t setup_table(struct domain *d, union table_arg *a)
{
    if (a->setup.nr_frames > d->grant->max_frames)
        return GNTST_general_error;
    return list_frames(d, false, a->setup.nr_frames, a->setup.frame_list.p);
}

static int16_t query_size(struct domain *d, union table_arg *a)
{
    a->size.nr_frames = d->grant->nr_frames;
    a->size.max_nr_frames = d->grant->max_frames;
    return GNTST_okay;
}

/* List the pages of version 2's marks. */
static int16_t status_frames(struct domain *d, union table_arg *a)
{
    if (a->status.nr_frames > d->grant->nr_status || d->grant->version != 2)
        return GNTST_general_error;
    return list_frames(d, true, a->status.nr_frames, a->status.frame_list.p);
}

/* Operations on the table of a domain that the structure names. */
static const struct table_op {
    int16_t (*fn)(struct domain *d,
                  union table_arg *a); /* returns the status */
    uint8_t size, dom, status; /* of the structure; where these fields are */
} table_ops[] = {
#define ROW(type, fn)                                                          \
    {                                                                          \
        fn, sizeof(struct type), offsetof(struct type, dom),                   \
            offsetof(struct type, status)                                      \
    }
    [GNTTABOP_setup_table] = ROW(gnttab_setup_table, setup_table),
    [GNTTABOP_query_size] = ROW(gnttab_query_size, query_size),
    [GNTTABOP_get_status_frames] = ROW(gnttab_get_status_frames, status_frames),
#undef ROW
};

static long op_on_table(struct hcall *h)
{
    const struct table_op *op =
        &table_ops[nospec_index(h->arg[0], ARRAY_SIZE(table_ops))];
    union table_arg a;
    char *bytes = (char *)&a;
    struct domain *d;
    int16_t status;
    domid_t id;

    if (h->arg[2] != 1)
        return -EINVAL;
    if (copy_from_guest(&a, h->arg[1], op->size))
        return -EFAULT;

    memcpy(&id, bytes + op->dom, sizeof(id));
    d = table_owner(h->caller, id, &status);
    if (d) {
        status = op->fn(d, &a);
        domain_put(d);
    }
    memcpy(bytes + op->status, &status, sizeof(status));
    return copy_to_guest(h->arg[1], &a, op->size);
}

static long op_set_version(struct hcall *h)
{
    struct domain *d = h->caller->domain;
    struct gnttab_set_version op;
    long err;

    if (copy_from_guest(&op, h->arg[1], sizeof(op)))
        return -EFAULT;
    err = grant_set_version(d, op.version);
    op.version = d->grant->version;

    return copy_to_guest(h->arg[1], &op, sizeof(op)) ? -EFAULT : err;
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
    op.version = d->grant->version;
    domain_put(d);

    return copy_to_guest(h->arg[1], &op, sizeof(op));
}

/* Nobody can take a page: no entry is ever ready to accept one. */
static int16_t transfer_one(const struct gnttab_transfer *op)
{
    struct domain *d = domain_get_by_id(op->domid);

    if (!d)
        return GNTST_bad_domain;
    domain_put(d);
    return GNTST_general_error;
}

static long op_transfer(struct hcall *h)
{
    const size_t size = sizeof(struct gnttab_transfer);
    long err = 0;

    while (h->arg[2] && !err) {
        struct gnttab_transfer op;

        if (copy_from_guest(&op, h->arg[1], size))
            return -EFAULT;
        op.status = transfer_one(&op);
        if (copy_to_guest(h->arg[1] + offsetof(struct gnttab_transfer, status),
                          &op.status, sizeof(op.status)))
            return -EFAULT;
        err = grant_batch_next(h, 1, size);
    }
    return err;
}

static hcall_fn *const ops[] = {
    [GNTTABOP_map_grant_ref] = grant_op_map,
    [GNTTABOP_unmap_grant_ref] = grant_op_unmap,
    [GNTTABOP_setup_table] = op_on_table,
    [GNTTABOP_copy] = grant_op_copy,
    [GNTTABOP_query_size] = op_on_table,
    [GNTTABOP_set_version] = op_set_version,
    [GNTTABOP_get_version] = op_get_version,
    [GNTTABOP_get_status_frames] = op_on_table,
    [GNTTABOP_transfer] = op_transfer,
};

/**
 * hc_grant_table_op - grant_table_op(cmd, array, count)
 *
 * Each element has a status of its own (GNTST_).  Returns: 0; -EFAULT;
 * -EINVAL count; -ERESTART with the array moved on; -ENOSYS swaps, replacing
 * unmaps, cache flushes and unknown operations.
 */
long hc_grant_table_op(struct hcall *h)
{
    unsigned long cmd = h->arg[0];

    if (h->arg[2] > INT32_MAX)
        return -EINVAL;
    if (cmd >= ARRAY_SIZE(ops) || !ops[cmd])
        return -ENOSYS;

    return ops[nospec_index(cmd, ARRAY_SIZE(ops))](h);
}
