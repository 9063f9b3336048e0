/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain's memory, page tables and event channels. */
#include <errno.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include "local.h"

/*
 * Result of memory operations is a long: 31 bits would do for what we ask in
 * one call, yet the number must not be mistaken for an error.
 */
static long memory_op(struct hbuf *buf, unsigned int cmd)
{
    return xencall2L(buf->xc, __HYPERVISOR_memory_op, cmd, (uintptr_t)buf->p);
}

int pel_hc_populate(struct pel_ctx *ctx, uint32_t domid, unsigned int order,
                    xen_pfn_t *pfns, size_t nr, size_t *done)
{
    struct xen_memory_reservation res = {
        .nr_extents = nr,
        .extent_order = order,
        .domid = domid,
    };
    struct hbuf op = { .p = NULL }, list = { .p = NULL };
    long got;
    int rc;

    *done = 0;
    rc = hbuf_get(ctx, nr * sizeof(*pfns), pfns, &list);
    if (rc)
        goto out;
    set_xen_guest_handle_raw(res.extent_start, (xen_pfn_t *)list.p);
    rc = hbuf_get(ctx, sizeof(res), &res, &op);
    if (rc)
        goto out;

    got = memory_op(&op, XENMEM_populate_physmap);
    if (got < 0) {
        rc = hcall_fail(ctx, "allocate memory for", domid);
        goto out;
    }
    *done = (size_t)got < nr ? (size_t)got : nr;
    memcpy(pfns, list.p, *done * sizeof(*pfns));
out:
    hbuf_put(&op);
    hbuf_put(&list);
    return rc;
}

int pel_hc_depopulate(struct pel_ctx *ctx, uint32_t domid,
                      const xen_pfn_t *mfns, size_t nr)
{
    struct xen_memory_reservation res = { .nr_extents = nr, .domid = domid };
    struct hbuf op = { .p = NULL }, list = { .p = NULL };
    int rc = hbuf_get(ctx, nr * sizeof(*mfns), mfns, &list);

    if (rc)
        goto out;
    set_xen_guest_handle_raw(res.extent_start, (xen_pfn_t *)list.p);
    rc = hbuf_get(ctx, sizeof(res), &res, &op);
    if (!rc && memory_op(&op, XENMEM_decrease_reservation) != (long)nr)
        rc = hcall_fail(ctx, "take memory from", domid);
out:
    hbuf_put(&op);
    hbuf_put(&list);
    return rc;
}

int pel_hc_memory_map(struct pel_ctx *ctx, uint32_t domid, uint64_t size)
{
    /* An entry of the BIOS's call e820: packed, 20 bytes. */
    struct {
        uint64_t addr, size;
        uint32_t type;
    } __attribute__((packed)) ram = { .addr = 0, .size = size, .type = 1 };
    struct xen_foreign_memory_map map = {
        .domid = domid,
        .map.nr_entries = 1,
    };
    struct hbuf op = { .p = NULL }, entry = { .p = NULL };
    int rc;

    rc = hbuf_get(ctx, sizeof(ram), &ram, &entry);
    if (rc)
        goto out;
    set_xen_guest_handle_raw(map.map.buffer, entry.p);
    rc = hbuf_get(ctx, sizeof(map), &map, &op);
    if (rc)
        goto out;

    if (memory_op(&op, XENMEM_set_memory_map) < 0)
        rc = hcall_fail(ctx, "set the memory map of", domid);
out:
    hbuf_put(&op);
    hbuf_put(&entry);
    return rc;
}

int pel_hc_pin_tables(struct pel_ctx *ctx, uint32_t domid,
                      const struct mmuext_op *ops, size_t nr)
{
    struct hbuf buf;
    int rc;

    rc = hbuf_get(ctx, nr * sizeof(*ops), ops, &buf);
    if (rc)
        return rc;

    if (xencall4(buf.xc, __HYPERVISOR_mmuext_op, (uintptr_t)buf.p, nr, 0,
                 domid) < 0)
        rc = hcall_fail(ctx, "pin the page tables of", domid);
    hbuf_put(&buf);
    return rc;
}

int pel_hc_pin_l4(struct pel_ctx *ctx, uint32_t domid, uint64_t mfn)
{
    const struct mmuext_op op = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = mfn };

    return pel_hc_pin_tables(ctx, domid, &op, 1);
}

int pel_hc_nr_frames(struct pel_ctx *ctx, uint64_t *nr)
{
    struct hbuf none;
    long last;
    int rc = hbuf_get(ctx, 1, NULL, &none);

    if (rc)
        return rc;
    last = memory_op(&none, XENMEM_maximum_ram_page);
    hbuf_put(&none);
    if (last < 0)
        return hcall_fail(ctx, "ask for the machine's memory", PEL_DOMID_NONE);
    *nr = last + 1;
    return 0;
}

int pel_hc_evtchn_unbound(struct pel_ctx *ctx, uint32_t domid, uint32_t remote,
                          uint32_t *port)
{
    struct evtchn_alloc_unbound op = { .dom = domid, .remote_dom = remote };
    struct hbuf buf;
    int rc;

    rc = hbuf_get(ctx, sizeof(op), &op, &buf);
    if (rc)
        return rc;

    if (xencall2(buf.xc, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
                 (uintptr_t)buf.p) < 0)
        rc = hcall_fail(ctx, "allocate an event channel for", domid);
    else
        *port = ((struct evtchn_alloc_unbound *)buf.p)->port;
    hbuf_put(&buf);
    return rc;
}
