/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: grants to ourselves or to the peer, mappings, copies. */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include "fuzz.h"

#define NR_REFS 32
#define NR_HANDLES 256

/* Mappings made; shared by all workers, who take and lose them as they come. */
static struct mapping {
    volatile bool used;
    uint32_t handle;
    uint32_t flags;
    uint64_t where, frame;
} mappings[NR_HANDLES];

static domid_t partner(struct worker *w)
{
    return one_in(w, 2) ? self_domid : peer_domid;
}

static grant_ref_t any_ref(struct worker *w)
{
    return one_in(w, 32) ? (grant_ref_t)odd_number(w)
                         : GRANT_FIRST + (grant_ref_t)rnd(w, NR_REFS);
}

/* Change an entry of our table, in use or not. */
static void op_entry(struct worker *w)
{
    grant_ref_t ref = GRANT_FIRST + (grant_ref_t)rnd(w, NR_REFS);
    volatile struct grant_entry_v1 *e = grant_entry(ref);
    uint64_t mfn = own_frame(w);

    w->tried++;
    if (one_in(w, 4)) {
        e->flags = 0;
        return;
    }
    e->domid = one_in(w, 16) ? odd_domid(w) : partner(w);
    e->flags =
        one_in(w, 8) ? GTF_permit_access | GTF_readonly : GTF_permit_access;
    if (one_in(w, 16)) {
        mfn = lent_frame(w);
        e->flags = GTF_permit_access | GTF_readonly;
    }
    if (one_in(w, 32))
        e->flags = (uint16_t)rnd64(w) & ~(GTF_reading | GTF_writing);
    e->frame = (uint32_t)mfn;
}

static void op_map(struct worker *w)
{
    struct gnttab_map_grant_ref *op = args(w, sizeof(*op));
    struct mapping *m = &mappings[rnd(w, NR_HANDLES)];
    uint64_t slot = rnd(w, 480);

    if (m->used)
        return;
    op->ref = any_ref(w);
    op->dom = one_in(w, 32) ? odd_domid(w) : partner(w);
    op->flags = GNTMAP_host_map;
    op->host_addr = scratch_va((unsigned int)slot);
    switch (rnd(w, 8)) {
    case 0:
        op->flags |= GNTMAP_contains_pte;
        op->host_addr = pte_maddr(&scratch_l1()[slot]);
        break;
    case 1: /* an entry of any table, or of none */
        op->flags |= GNTMAP_contains_pte;
        op->host_addr = (own_frame(w) << PAGE_SHIFT) + rnd(w, 4096);
        break;
    case 2:
        op->flags = GNTMAP_device_map | (one_in(w, 2) ? GNTMAP_host_map : 0);
        break;
    case 3:
        op->host_addr = any_va(w);
        break;
    case 4:
        op->flags = (uint32_t)rnd64(w) & ~GNTMAP_contains_pte;
        break;
    default:
        break;
    }
    /* Else the next write there would be our own fault. */
    if (one_in(w, 2) || op->dom != self_domid)
        op->flags |= GNTMAP_readonly;
    if (call(w, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref,
             (uintptr_t)op, 1, 0, 0) ||
        op->status)
        return;
    m->handle = op->handle;
    m->flags = op->flags;
    m->where = op->host_addr;
    m->frame = op->dev_bus_addr >> PAGE_SHIFT;
    m->used = true;
}

static void op_unmap(struct worker *w)
{
    struct gnttab_unmap_grant_ref *op = args(w, 2 * sizeof(*op));
    struct mapping *m = &mappings[rnd(w, NR_HANDLES)];

    op->handle = one_in(w, 16) ? (uint32_t)odd_number(w) : m->handle;
    op->host_addr = one_in(w, 16) ? any_va(w) : m->where;
    if (!(m->flags & GNTMAP_host_map) && one_in(w, 2))
        op->host_addr = 0;
    if ((m->flags & GNTMAP_device_map) && one_in(w, 2))
        op->dev_bus_addr = m->frame << PAGE_SHIFT;
    op[1] = op[0];
    call(w, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref,
         (uintptr_t)op, one_in(w, 4) ? 2 : 1, 0, 0);
    if (!op->status && (op->dev_bus_addr || !(m->flags & GNTMAP_device_map)) &&
        (op->host_addr || !(m->flags & GNTMAP_host_map)))
        m->used = false;
}

static void op_copy(struct worker *w)
{
    unsigned int n = 1 + (unsigned int)rnd(w, 3);
    struct gnttab_copy *op = args(w, n * sizeof(*op));

    for (unsigned int i = 0; i < n; i++) {
        op[i].source.domid = op[i].dest.domid = DOMID_SELF;
        op[i].source.u.gmfn = any_frame(w);
        op[i].dest.u.gmfn = own_frame(w);
        op[i].len = (uint16_t)rnd(w, one_in(w, 8) ? 65536 : 2048);
        op[i].source.offset = (uint16_t)rnd(w, one_in(w, 8) ? 65536 : 2048);
        op[i].dest.offset = (uint16_t)rnd(w, one_in(w, 8) ? 65536 : 2048);
        if (one_in(w, 2)) {
            op[i].flags |= GNTCOPY_source_gref;
            op[i].source.u.ref = any_ref(w);
            op[i].source.domid = partner(w);
        }
        if (one_in(w, 2)) {
            op[i].flags |= GNTCOPY_dest_gref;
            op[i].dest.u.ref = any_ref(w);
            op[i].dest.domid = partner(w);
        }
    }
    call(w, __HYPERVISOR_grant_table_op, GNTTABOP_copy, odd_ptr(w, op), n, 0,
         0);
}

/*
 * Calls that are wrong or only ask.  Mapping is not among them: a handle that
 * is not looked at could never be given back.
 */
static void op_odd_grant(struct worker *w)
{
    uint64_t *words = args(w, 512);
    uint64_t cmd = 1 + rnd(w, 14);

    for (unsigned int i = 0; i < 64; i++)
        words[i] = one_in(w, 2) ? odd_number(w) : 0;
    if (one_in(w, 2))
        *(domid_t *)words = DOMID_SELF;
    if (cmd == GNTTABOP_set_version && (uint32_t)words[0] == 2)
        words[0] = 3;
    if (one_in(w, 16)) /* a long way: results are written, so not to us */
        call(w, __HYPERVISOR_grant_table_op, cmd, bad_ptr(w), odd_number(w), 0,
             0);
    else
        call(w, __HYPERVISOR_grant_table_op, cmd, odd_ptr(w, words), 1, 0, 0);
}

const struct fuzz_op ops_grant[] = {
    { "grant entry", op_entry, 8, false },  { "grant map", op_map, 12, false },
    { "grant unmap", op_unmap, 12, false }, { "grant copy", op_copy, 6, true },
    { "odd grant", op_odd_grant, 3, true }, { 0 },
};

/*
 * Where an entry was overwritten the handle is given back through one that
 * maps the same frame: if it is our own, we may make that ourselves.
 */
static void restore_one(struct worker *w, struct mapping *m)
{
    struct gnttab_unmap_grant_ref *op = args(w, sizeof(*op));
    uint64_t pte = m->frame << PAGE_SHIFT | PTE_KERNEL_RO;

    op->handle = m->handle;
    if (m->flags & GNTMAP_device_map)
        op->dev_bus_addr = m->frame << PAGE_SHIFT;
    if (m->flags & GNTMAP_host_map) {
        hc_update_va_mapping(scratch_va(500), pte, UVMF_INVLPG);
        op->host_addr = m->flags & GNTMAP_contains_pte
                            ? pte_maddr(&scratch_l1()[500])
                            : scratch_va(500);
    }
    hc_grant_table_op(GNTTABOP_unmap_grant_ref, op, 1);
    hc_update_va_mapping(scratch_va(500), 0, UVMF_INVLPG);
    m->used = false;
}

void grant_restore(struct worker *w)
{
    for (unsigned int i = 0; i < NR_HANDLES; i++) {
        w->used = 0;
        if (mappings[i].used)
            restore_one(w, &mappings[i]);
    }
    for (unsigned int i = 0; i < NR_REFS; i++)
        grant_entry(GRANT_FIRST + i)->flags = 0;
}
