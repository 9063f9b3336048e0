/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on one domain: __HYPERVISOR_domctl. */
#include <errno.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include "local.h"

int domctl(struct pel_ctx *ctx, struct xen_domctl *op)
{
    struct hbuf buf;
    int rc;

    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    rc = hbuf_get(ctx, sizeof(*op), op, &buf);
    if (rc)
        return rc;

    do
        rc = xencall1(buf.xc, __HYPERVISOR_domctl, (uintptr_t)buf.p);
    while (rc < 0 && errno == EAGAIN);
    memcpy(op, buf.p, sizeof(*op));
    hbuf_put(&buf);
    return rc < 0 ? -1 : 0;
}

int domctl_or_fail(struct pel_ctx *ctx, struct xen_domctl *op, const char *what)
{
    if (domctl(ctx, op) == 0)
        return 0;
    return hcall_fail(ctx, what, op->domain);
}

/* Operations that have no arguments. */
static int simple(struct pel_ctx *ctx, uint32_t cmd, uint32_t domid,
                  const char *what)
{
    struct xen_domctl op = { .cmd = cmd, .domain = domid };

    return domctl_or_fail(ctx, &op, what);
}

int pel_hc_create(struct pel_ctx *ctx,
                  const struct xen_domctl_createdomain *how, uint32_t *domid)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_createdomain,
        .domain = DOMID_INVALID,
        .u.createdomain = *how,
    };

    if (domctl(ctx, &op))
        return hcall_fail(ctx, "create a domain", PEL_DOMID_NONE);
    *domid = op.domain;
    return 0;
}

int pel_hc_destroy(struct pel_ctx *ctx, uint32_t domid)
{
    return simple(ctx, XEN_DOMCTL_destroydomain, domid, "destroy");
}

int pel_hc_pause(struct pel_ctx *ctx, uint32_t domid)
{
    return simple(ctx, XEN_DOMCTL_pausedomain, domid, "pause");
}

int pel_hc_unpause(struct pel_ctx *ctx, uint32_t domid)
{
    return simple(ctx, XEN_DOMCTL_unpausedomain, domid, "unpause");
}

int pel_hc_info(struct pel_ctx *ctx, uint32_t domid,
                struct xen_domctl_getdomaininfo *out)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_getdomaininfo,
        .domain = domid,
    };
    int rc = domctl_or_fail(ctx, &op, "look at");

    if (rc)
        return rc;
    /* Some versions answer with the next domain that exists. */
    if (op.u.getdomaininfo.domain != domid)
        return pel_fail(ctx, PEL_ENOENT, "there is no domain %u", domid);
    *out = op.u.getdomaininfo;
    return 0;
}

int pel_hc_max_vcpus(struct pel_ctx *ctx, uint32_t domid, uint32_t nr)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_max_vcpus,
        .domain = domid,
        .u.max_vcpus.max = nr,
    };

    return domctl_or_fail(ctx, &op, "allocate the vCPUs of");
}

int pel_hc_max_mem(struct pel_ctx *ctx, uint32_t domid, uint64_t limit_kb)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_max_mem,
        .domain = domid,
        .u.max_mem.max_memkb = limit_kb,
    };

    return domctl_or_fail(ctx, &op, "limit the memory of");
}

int pel_hc_address_size(struct pel_ctx *ctx, uint32_t domid, uint32_t bits)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_set_address_size,
        .domain = domid,
        .u.address_size.size = bits,
    };

    return domctl_or_fail(ctx, &op, "set the width of");
}

int pel_hc_tsc_mode(struct pel_ctx *ctx, uint32_t domid, uint32_t mode)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_settscinfo,
        .domain = domid,
        .u.tsc_info.tsc_mode = mode,
    };

    return domctl_or_fail(ctx, &op, "set up the TSC of");
}

int pel_hc_hypercall_page(struct pel_ctx *ctx, uint32_t domid, uint64_t mfn)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_hypercall_init,
        .domain = domid,
        .u.hypercall_init.gmfn = mfn,
    };

    return domctl_or_fail(ctx, &op, "fill the hypercall page of");
}

int pel_hc_set_vcpu(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                    const struct vcpu_guest_context *state)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_setvcpucontext,
        .domain = domid,
        .u.vcpucontext.vcpu = vcpu,
    };
    struct hbuf buf;
    int rc;

    rc = hbuf_get(ctx, sizeof(*state), state, &buf);
    if (rc)
        return rc;

    set_xen_guest_handle_raw(op.u.vcpucontext.ctxt, buf.p);
    rc = domctl_or_fail(ctx, &op, "set the registers of");
    hbuf_put(&buf);
    return rc;
}
