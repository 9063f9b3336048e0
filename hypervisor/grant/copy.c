/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies between frames that need no mapping.  Consecutive operations often
 * name the same page on one side: it stays pinned while they do.
 */
#include <hv/errno.h>
#include <hv/frame.h>
#include <hv/guest.h>
#include <hv/string.h>
#include <hv/track.h>
#include "local.h"

#define BATCH 8U /* up to a page each */

/* One side of a copy. */
struct side {
    bool held;
    bool writes;
    bool by_ref;          /* by grant, else by the caller's own frame */
    domid_t domid;        /* as the guest named it */
    uint64_t name;        /* reference or frame */
    struct domain *owner; /* by_ref: with a reference */
    struct grant_use use;
};

static void side_release(struct side *s)
{
    if (!s->held)
        return;
    s->held = false;
    if (s->by_ref) {
        grant_unpin(s->owner, s->name, !s->writes);
        domain_put(s->owner);
    } else if (s->writes) {
        frame_put_with_type(s->use.m);
    } else {
        frame_put(s->use.m);
    }
}

/* The caller's own frame. */
static int take_frame(struct domain *d, struct side *s)
{
    if (s->domid != DOMID_SELF)
        return GNTST_permission_denied;
    s->use = (struct grant_use){ mfn(s->name), 0, PAGE_SIZE };
    if (s->writes ? frame_get_with_type(s->use.m, d, PT_WRITABLE) != 0
                  : !frame_get(s->use.m, d))
        return GNTST_bad_page;
    return GNTST_okay;
}

static int take_grant(struct domain *d, struct side *s)
{
    int status;

    s->owner = domain_get_target(s->domid);
    if (!s->owner)
        return GNTST_bad_domain;
    status = grant_pin(s->owner, s->name, d->id, !s->writes, true, &s->use);
    if (status != GNTST_okay)
        domain_put(s->owner);
    return status;
}

static int side_take(struct domain *d, struct side *s,
                     const struct gnttab_copy_ptr *p, bool by_ref)
{
    uint64_t name = by_ref ? p->u.ref : p->u.gmfn;
    int status;

    if (s->held && s->by_ref == by_ref && s->domid == p->domid &&
        s->name == name)
        return GNTST_okay;

    side_release(s);
    s->by_ref = by_ref;
    s->domid = p->domid;
    s->name = name;
    status = by_ref ? take_grant(d, s) : take_frame(d, s);
    s->held = status == GNTST_okay;

    return status;
}

/* Is that within what the grant gives? */
static bool within(const struct side *s, unsigned int offset, unsigned int len)
{
    return offset >= s->use.start &&
           offset + len <= (unsigned int)s->use.start + s->use.length;
}

static int copy_one(struct domain *d, const struct gnttab_copy *op,
                    struct side *from, struct side *to)
{
    unsigned int src = op->source.offset, dst = op->dest.offset;
    int status;

    if (src + op->len > PAGE_SIZE || dst + op->len > PAGE_SIZE)
        return GNTST_bad_copy_arg;

    status = side_take(d, from, &op->source, op->flags & GNTCOPY_source_gref);
    if (status == GNTST_okay)
        status = side_take(d, to, &op->dest, op->flags & GNTCOPY_dest_gref);
    if (status != GNTST_okay)
        return status;
    if (!within(from, src, op->len) || !within(to, dst, op->len))
        return GNTST_general_error;
    memmove((char *)mfn_to_virt(to->use.m) + dst,
            (char *)mfn_to_virt(from->use.m) + src, op->len); /* maybe one */
    track_mark(to->use.m);

    return GNTST_okay;
}

long grant_op_copy(struct hcall *h)
{
    struct side from = { .writes = false }, to = { .writes = true };
    const size_t size = sizeof(struct gnttab_copy);
    long err = 0;

    while (h->arg[2] && !err) {
        unsigned int n = MIN(h->arg[2], BATCH);

        for (unsigned int i = 0; i < n && !err; i++) {
            unsigned long u = h->arg[1] + i * size;
            struct gnttab_copy op;

            if (copy_from_guest(&op, u, size)) {
                err = -EFAULT;
                break;
            }
            op.status = copy_one(h->caller->domain, &op, &from, &to);
            if (copy_to_guest(u + offsetof(struct gnttab_copy, status),
                              &op.status, sizeof(op.status)))
                err = -EFAULT;
        }
        if (!err)
            err = grant_batch_next(h, n, size);
    }
    side_release(&from);
    side_release(&to);

    return err;
}
