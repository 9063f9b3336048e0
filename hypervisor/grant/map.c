/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mapping and unmapping of granted frames.
 *
 * A mapping is counted twice: the grant entry holds the frame as long as it
 * is in use (GR-1), and the page-table entry has references of its own.  So
 * a guest that overwrites the entry loses track of its mapping, nothing else.
 * Unmapping goes the other way round: the entry first, then stale
 * translations, and only then may the owner have its page back.
 */
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/mm.h>
#include <hv/vcpu.h>
#include "local.h"

/* Operations between two looks at the clock; unmaps share one flush. */
#define BATCH 16U

#define MAP_KINDS (GNTMAP_host_map | GNTMAP_device_map)

/* The software bits of the entry that the caller asked for, at 9 to 11. */
static uint64_t avail_bits(uint32_t flags)
{
    return (uint64_t)((flags >> _GNTMAP_guest_avail0) & 7) << 9;
}

/* Map one; fills in the results but for the status, which it returns. */
static int map_one(struct vcpu *v, struct gnttab_map_grant_ref *op)
{
    bool read_only = op->flags & GNTMAP_readonly;
    struct domain *d = v->domain, *owner;
    struct grant_use use;
    struct maptrack *t;
    uint32_t handle;
    int status;

    if (!(op->flags & MAP_KINDS))
        return GNTST_bad_gntref;
    owner = domain_get_by_id(op->dom);
    if (!owner)
        return GNTST_bad_domain;
    status = GNTST_no_space;
    handle = maptrack_alloc(d);
    if (handle == HANDLE_NONE)
        goto put_owner;

    status = grant_pin(owner, op->ref, d->id, read_only, false, &use);
    if (status != GNTST_okay)
        goto free_handle;
    if (op->flags & GNTMAP_host_map)
        status = pt_grant_set(v, op->host_addr, op->flags & GNTMAP_contains_pte,
                              use.m, read_only, avail_bits(op->flags));
    if (status != GNTST_okay)
        goto unpin;

    t = maptrack_of(d->grant, handle);
    t->ref = op->ref;
    t->flags = op->flags & (MAP_KINDS | GNTMAP_readonly | GNTMAP_contains_pte);
    __atomic_store_n(&t->owner, owner, __ATOMIC_RELEASE);
    op->handle = handle;
    op->dev_bus_addr = mfn_x(use.m) << PAGE_SHIFT;

    return GNTST_okay;
unpin:
    grant_unpin(owner, op->ref, read_only);
free_handle:
    maptrack_free(d, handle);
put_owner:
    domain_put(owner);
    return status;
}

/* The results lie behind this field, which is copied along. */
#define MAP_RESULTS offsetof(struct gnttab_map_grant_ref, dom)

long grant_op_map(struct hcall *h)
{
    while (h->arg[2]) {
        unsigned int n = MIN(h->arg[2], BATCH);
        long err;

        for (unsigned int i = 0; i < n; i++) {
            unsigned long u =
                h->arg[1] + i * sizeof(struct gnttab_map_grant_ref);
            struct gnttab_map_grant_ref op;

            if (copy_from_guest(&op, u, sizeof(op)))
                return -EFAULT;
            op.handle = 0;
            op.dev_bus_addr = 0;
            op.status = map_one(h->caller, &op);
            if (copy_to_guest(u + MAP_RESULTS, &op.dom,
                              sizeof(op) - MAP_RESULTS))
                return -EFAULT;
        }
        err = grant_batch_next(h, n, sizeof(struct gnttab_map_grant_ref));
        if (err)
            return err;
    }
    return 0;
}

/* One operation of a batch, between its two halves. */
struct unmap {
    struct domain *owner; /* NULL: nothing left to do */
    uint32_t handle;
    uint32_t ref;
    uint32_t flags; /* what was unmapped, and how it was mapped */
    int16_t status;
};

/*
 * Take from the handle what @op names, into u->flags.  The handle is freed by
 * whoever gives back the last claim and finds nothing mapped any more; so two
 * vCPUs, or two operations of one batch, can share the work.
 */
static int claim(struct domain *d, const struct gnttab_unmap_grant_ref *op,
                 struct unmap *u)
{
    struct grant_table *t = d->grant;
    struct maptrack *m;
    int status = GNTST_bad_handle;

    if (op->handle / MAPS_PER_PAGE >=
        __atomic_load_n(&t->nr_maps, __ATOMIC_ACQUIRE))
        return GNTST_bad_handle;

    lock_take(&t->lock);
    m = maptrack_of(t, nospec_index(op->handle, t->nr_maps * MAPS_PER_PAGE));
    if (m->owner && (m->flags & MAP_KINDS)) {
        u->owner = m->owner;
        u->ref = m->ref;
        u->flags = m->flags & ~MAP_KINDS;
        if (op->host_addr)
            u->flags |= m->flags & GNTMAP_host_map;
        if (op->dev_bus_addr)
            u->flags |= m->flags & GNTMAP_device_map;
        m->flags &= ~(u->flags & MAP_KINDS);
        m->claims++;
        status = GNTST_okay;
    }
    lock_release(&t->lock);

    return status;
}

/* It is still mapped: give it back to the handle. */
static void unclaim(struct domain *d, struct unmap *u)
{
    struct maptrack *m = maptrack_of(d->grant, u->handle);

    lock_take(&d->grant->lock);
    m->flags |= u->flags & MAP_KINDS;
    m->claims--;
    lock_release(&d->grant->lock);
    u->owner = NULL;
}

/* First half: out of the page table. */
static int unmap_one(struct vcpu *v, const struct gnttab_unmap_grant_ref *op,
                     struct unmap *u)
{
    struct domain *d = v->domain;
    int status = claim(d, op, u);
    mfn_t m;

    if (status != GNTST_okay)
        return status;

    m = mfn(grant_active(u->owner->grant, u->ref)->mfn);
    if ((u->flags & GNTMAP_device_map) &&
        op->dev_bus_addr >> PAGE_SHIFT != mfn_x(m))
        status = GNTST_bad_dev_addr;
    else if (u->flags & GNTMAP_host_map)
        status =
            pt_grant_clear(v, op->host_addr, u->flags & GNTMAP_contains_pte, m,
                           u->flags & GNTMAP_readonly);
    if (status != GNTST_okay)
        unclaim(d, u);

    return status;
}

/*
 * Nobody may see the pages any more once the owners have them back.  All
 * translations go: the table may stand at other addresses, too.
 */
static void flush_batch(const struct domain *d, const struct unmap *u,
                        unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        if (u[i].owner && (u[i].flags & GNTMAP_host_map)) {
            tlb_flush_domain(d); /* other CPUs are asked once for all */
            return;
        }
    }
}

/* Second half: the handle, if that was its last use, and the grant. */
static void finish_one(struct domain *d, const struct unmap *u)
{
    struct maptrack *m;
    bool last;

    if (!u->owner)
        return;
    lock_take(&d->grant->lock);
    m = maptrack_of(d->grant, u->handle);
    last = !--m->claims && !(m->flags & MAP_KINDS);
    lock_release(&d->grant->lock);
    if (!last)
        return;

    grant_unpin(u->owner, u->ref, u->flags & GNTMAP_readonly);
    maptrack_free(d, u->handle);
    domain_put(u->owner);
}

static long unmap_batch(struct hcall *h, unsigned int n)
{
    const size_t size = sizeof(struct gnttab_unmap_grant_ref);
    struct domain *d = h->caller->domain;
    struct unmap u[BATCH];
    unsigned int done;
    long err = 0;

    for (done = 0; done < n && !err; done++) {
        struct gnttab_unmap_grant_ref op;

        if (copy_from_guest(&op, h->arg[1] + done * size, size)) {
            err = -EFAULT;
            break;
        }
        u[done].owner = NULL;
        u[done].handle = op.handle;
        u[done].status = unmap_one(h->caller, &op, &u[done]);
    }
    flush_batch(d, u, done);
    for (unsigned int i = 0; i < done; i++) {
        unsigned long at = h->arg[1] + i * size;

        finish_one(d, &u[i]);
        if (copy_to_guest(at + offsetof(struct gnttab_unmap_grant_ref, status),
                          &u[i].status, sizeof(u[i].status)))
            err = -EFAULT;
    }
    return err;
}

long grant_op_unmap(struct hcall *h)
{
    while (h->arg[2]) {
        unsigned int n = MIN(h->arg[2], BATCH);
        long err = unmap_batch(h, n);

        if (!err)
            err = grant_batch_next(h, n, sizeof(struct gnttab_unmap_grant_ref));
        if (err)
            return err;
    }
    return 0;
}
