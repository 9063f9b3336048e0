/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of changed pages, shadow_op of the ABI. */
#include <errno.h>
#include <stddef.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include "local.h"

static int simple(struct pel_ctx *ctx, uint32_t domid, uint32_t what,
                  const char *told)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_shadow_op,
        .domain = domid,
        .u.shadow_op.op = what,
    };

    return domctl_or_fail(ctx, &op, told);
}

int pel_hc_log_on(struct pel_ctx *ctx, uint32_t domid)
{
    return simple(ctx, domid, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY,
                  "track the pages of");
}

int pel_hc_log_off(struct pel_ctx *ctx, uint32_t domid)
{
    return simple(ctx, domid, XEN_DOMCTL_SHADOW_OP_OFF,
                  "end tracking the pages of");
}

int pel_hc_log(struct pel_ctx *ctx, uint32_t domid, bool clean, uint8_t *bits,
               uint64_t nr_pfns)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_shadow_op,
        .domain = domid,
        .u.shadow_op = {
            .op = clean ? XEN_DOMCTL_SHADOW_OP_CLEAN
                        : XEN_DOMCTL_SHADOW_OP_PEEK,
            .pages = nr_pfns,
        },
    };
    size_t len = (nr_pfns + 7) / 8;
    struct hbuf buf;
    int rc = hbuf_get(ctx, len, NULL, &buf);

    if (rc)
        return rc;
    set_xen_guest_handle_raw(op.u.shadow_op.dirty_bitmap, (uint8_t *)buf.p);
    rc = domctl_or_fail(ctx, &op, "read which pages have changed of");
    if (!rc && op.u.shadow_op.pages < nr_pfns)
        rc = pel_fail(ctx, PEL_EHYPER,
                      "the hypervisor tracks only %llu of the %llu pages of "
                      "domain %u",
                      (unsigned long long)op.u.shadow_op.pages,
                      (unsigned long long)nr_pfns, domid);
    for (size_t i = 0; !rc && i < len; i++)
        bits[i] |= ((const uint8_t *)buf.p)[i];
    if (nr_pfns % 8)
        bits[len - 1] &= (1u << nr_pfns % 8) - 1;
    hbuf_put(&buf);
    return rc;
}
