/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole machine: __HYPERVISOR_sysctl and __HYPERVISOR_xen_version. */
#include <errno.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include "local.h"

int sysctl_or_fail(struct pel_ctx *ctx, struct xen_sysctl *op, const char *what)
{
    struct hbuf buf;
    int rc;

    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    rc = hbuf_get(ctx, sizeof(*op), op, &buf);
    if (rc)
        return rc;

    do
        rc = xencall1(buf.xc, __HYPERVISOR_sysctl, (uintptr_t)buf.p);
    while (rc < 0 && errno == EAGAIN);
    memcpy(op, buf.p, sizeof(*op));
    hbuf_put(&buf);
    return rc < 0 ? hcall_fail(ctx, what, PEL_DOMID_NONE) : 0;
}

int pel_hc_infos(struct pel_ctx *ctx, uint32_t first,
                 struct xen_domctl_getdomaininfo *out, size_t max, size_t *nr)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_getdomaininfolist };
    struct xen_sysctl_getdomaininfolist *list = &op.u.getdomaininfolist;
    struct hbuf buf;
    int rc;

    rc = hbuf_get(ctx, max * sizeof(*out), NULL, &buf);
    if (rc)
        return rc;

    list->first_domain = first;
    list->max_domains = max;
    set_xen_guest_handle_raw(list->buffer, (xen_domctl_getdomaininfo_t *)buf.p);
    rc = sysctl_or_fail(ctx, &op, "list the domains");
    if (!rc) {
        *nr = list->num_domains < max ? list->num_domains : max;
        memcpy(out, buf.p, *nr * sizeof(*out));
    }
    hbuf_put(&buf);
    return rc;
}

int pel_hc_physinfo(struct pel_ctx *ctx, struct xen_sysctl_physinfo *out)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
    int rc = sysctl_or_fail(ctx, &op, "describe the machine");

    if (!rc)
        *out = op.u.physinfo;
    return rc;
}

int pel_hc_console_ring(struct pel_ctx *ctx, char *dst, uint32_t *index,
                        uint32_t *len)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_readconsole };
    struct xen_sysctl_readconsole *ring = &op.u.readconsole;
    struct hbuf buf;
    int rc;

    rc = hbuf_get(ctx, *len, NULL, &buf);
    if (rc)
        return rc;

    ring->incremental = 1;
    ring->index = *index;
    ring->count = *len;
    set_xen_guest_handle_raw(ring->buffer, (char *)buf.p);
    rc = sysctl_or_fail(ctx, &op, "read the hypervisor's messages");
    if (!rc) {
        *index = ring->index;
        *len = ring->count < *len ? ring->count : *len;
        memcpy(dst, buf.p, *len);
    }
    hbuf_put(&buf);
    return rc;
}

int pel_hc_version(struct pel_ctx *ctx, unsigned int cmd, void *arg, size_t len,
                   long *value)
{
    struct hbuf buf = { .p = NULL };
    xencall_handle *xc;
    int rc;

    rc = pel_ctx_xencall(ctx, &xc);
    if (!rc && arg)
        rc = hbuf_get(ctx, len, arg, &buf);
    if (rc)
        return rc;

    rc = xencall2(xc, __HYPERVISOR_xen_version, cmd, (uintptr_t)buf.p);
    if (rc >= 0 && arg)
        memcpy(arg, buf.p, len);
    hbuf_put(&buf);
    if (rc < 0)
        return hcall_fail(ctx, "ask for the version", PEL_DOMID_NONE);
    if (value)
        *value = rc;
    return 0;
}
