/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a guest that stands still, read and written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include "local.h"

int pel_hc_get_vcpu(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                    struct vcpu_guest_context *state)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_getvcpucontext,
        .domain = domid,
        .u.vcpucontext.vcpu = vcpu,
    };
    struct hbuf buf;
    int rc;

    rc = hbuf_get(ctx, sizeof(*state), NULL, &buf);
    if (rc)
        return rc;

    set_xen_guest_handle_raw(op.u.vcpucontext.ctxt, buf.p);
    rc = domctl_or_fail(ctx, &op, "read the registers of");
    if (!rc)
        memcpy(state, buf.p, sizeof(*state));
    hbuf_put(&buf);
    return rc;
}

int pel_hc_get_vcpu_more(struct pel_ctx *ctx, uint32_t domid,
                         struct xen_domctl_ext_vcpucontext *ext)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_get_ext_vcpucontext,
        .domain = domid,
        .u.ext_vcpucontext.vcpu = ext->vcpu,
    };
    int rc = domctl_or_fail(ctx, &op, "read the callbacks of");

    if (!rc)
        *ext = op.u.ext_vcpucontext;
    return rc;
}

int pel_hc_set_vcpu_more(struct pel_ctx *ctx, uint32_t domid,
                         const struct xen_domctl_ext_vcpucontext *ext)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_set_ext_vcpucontext,
        .domain = domid,
        .u.ext_vcpucontext = *ext,
    };

    return domctl_or_fail(ctx, &op, "set the callbacks of");
}

/* Asked without a buffer it tells size and components, which it wants back. */
int pel_hc_get_xsave(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                     void **state, size_t *len)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_getvcpuextstate,
        .domain = domid,
        .u.vcpuextstate.vcpu = vcpu,
    };
    struct hbuf buf;
    int rc = domctl_or_fail(ctx, &op, "read the FPU of");

    *state = NULL;
    *len = 0;
    if (rc || !op.u.vcpuextstate.size)
        return rc;
    rc = hbuf_get(ctx, op.u.vcpuextstate.size, NULL, &buf);
    if (rc)
        return rc;

    set_xen_guest_handle_raw(op.u.vcpuextstate.buffer, (uint64_t *)buf.p);
    rc = domctl_or_fail(ctx, &op, "read the FPU of");
    if (!rc)
        *state = malloc(op.u.vcpuextstate.size);
    if (*state) {
        *len = op.u.vcpuextstate.size;
        memcpy(*state, buf.p, *len);
    } else if (!rc) {
        rc = pel_fail_oom(ctx);
    }
    hbuf_put(&buf);
    return rc;
}

int pel_hc_set_xsave(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                     const void *state, size_t len)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_setvcpuextstate,
        .domain = domid,
        .u.vcpuextstate = { .vcpu = vcpu, .size = len },
    };
    struct hbuf buf;
    int rc = hbuf_get(ctx, len, state, &buf);

    if (rc)
        return rc;
    set_xen_guest_handle_raw(op.u.vcpuextstate.buffer, (uint64_t *)buf.p);
    rc = domctl_or_fail(ctx, &op, "set the FPU of");
    hbuf_put(&buf);
    return rc;
}

int pel_hc_get_msrs(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                    struct xen_domctl_vcpu_msr **msrs, size_t *nr)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_get_vcpu_msrs,
        .domain = domid,
        .u.vcpu_msrs.vcpu = vcpu,
    };
    struct hbuf buf;
    size_t room;
    int rc = domctl_or_fail(ctx, &op, "read the MSRs of");

    *msrs = NULL;
    *nr = 0;
    room = op.u.vcpu_msrs.msr_count;
    if (rc || !room)
        return rc;
    rc = hbuf_get(ctx, room * sizeof(**msrs), NULL, &buf);
    if (rc)
        return rc;

    set_xen_guest_handle_raw(op.u.vcpu_msrs.msrs,
                             (struct xen_domctl_vcpu_msr *)buf.p);
    rc = domctl_or_fail(ctx, &op, "read the MSRs of");
    if (!rc)
        *msrs = calloc(room, sizeof(**msrs));
    if (*msrs) {
        *nr = op.u.vcpu_msrs.msr_count < room ? op.u.vcpu_msrs.msr_count : room;
        memcpy(*msrs, buf.p, *nr * sizeof(**msrs));
    } else if (!rc) {
        rc = pel_fail_oom(ctx);
    }
    hbuf_put(&buf);
    return rc;
}

int pel_hc_set_msrs(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                    const struct xen_domctl_vcpu_msr *msrs, size_t nr)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_set_vcpu_msrs,
        .domain = domid,
        .u.vcpu_msrs = { .vcpu = vcpu, .msr_count = nr },
    };
    struct hbuf buf;
    int rc = hbuf_get(ctx, nr * sizeof(*msrs), msrs, &buf);

    if (rc)
        return rc;
    set_xen_guest_handle_raw(op.u.vcpu_msrs.msrs,
                             (struct xen_domctl_vcpu_msr *)buf.p);
    rc = domctl_or_fail(ctx, &op, "set the MSRs of");
    hbuf_put(&buf);
    return rc;
}

int pel_hc_get_tsc(struct pel_ctx *ctx, uint32_t domid,
                   struct xen_domctl_tsc_info *out)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_gettscinfo,
        .domain = domid,
    };
    int rc = domctl_or_fail(ctx, &op, "read the TSC of");

    if (!rc)
        *out = op.u.tsc_info;
    return rc;
}

int pel_hc_set_tsc(struct pel_ctx *ctx, uint32_t domid,
                   const struct xen_domctl_tsc_info *how)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_settscinfo,
        .domain = domid,
        .u.tsc_info = *how,
    };

    return domctl_or_fail(ctx, &op, "set the TSC of");
}

/* Both ways: the arrays enter and leave through buffers. */
static int policy(struct pel_ctx *ctx, struct xen_domctl *op,
                  const xen_cpuid_leaf_t *leaves, const xen_msr_entry_t *msrs,
                  struct hbuf *l, struct hbuf *m, const char *what)
{
    struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
    int rc = hbuf_get(ctx, p->nr_leaves * sizeof(*leaves) + 1, NULL, l);

    if (!rc)
        rc = hbuf_get(ctx, p->nr_msrs * sizeof(*msrs) + 1, NULL, m);
    if (rc)
        return rc;
    if (leaves)
        memcpy(l->p, leaves, p->nr_leaves * sizeof(*leaves));
    if (msrs)
        memcpy(m->p, msrs, p->nr_msrs * sizeof(*msrs));
    set_xen_guest_handle_raw(p->leaves, (xen_cpuid_leaf_t *)l->p);
    set_xen_guest_handle_raw(p->msrs, (xen_msr_entry_t *)m->p);
    return domctl_or_fail(ctx, op, what);
}

int pel_hc_get_policy(struct pel_ctx *ctx, uint32_t domid,
                      xen_cpuid_leaf_t *leaves, uint32_t *nr_leaves,
                      xen_msr_entry_t *msrs, uint32_t *nr_msrs)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_get_cpu_policy,
        .domain = domid,
        .u.cpu_policy = { .nr_leaves = *nr_leaves, .nr_msrs = *nr_msrs },
    };
    const struct xen_domctl_cpu_policy *p = &op.u.cpu_policy;
    struct hbuf l = { .p = NULL }, m = { .p = NULL };
    int rc = policy(ctx, &op, NULL, NULL, &l, &m, "read the CPU policy of");

    if (!rc && p->nr_leaves <= *nr_leaves && p->nr_msrs <= *nr_msrs) {
        *nr_leaves = p->nr_leaves;
        *nr_msrs = p->nr_msrs;
        memcpy(leaves, l.p, *nr_leaves * sizeof(*leaves));
        memcpy(msrs, m.p, *nr_msrs * sizeof(*msrs));
    }
    hbuf_put(&l);
    hbuf_put(&m);
    return rc;
}

int pel_hc_set_policy(struct pel_ctx *ctx, uint32_t domid,
                      const xen_cpuid_leaf_t *leaves, uint32_t nr_leaves,
                      const xen_msr_entry_t *msrs, uint32_t nr_msrs)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_set_cpu_policy,
        .domain = domid,
        .u.cpu_policy = { .nr_leaves = nr_leaves, .nr_msrs = nr_msrs },
    };
    struct hbuf l = { .p = NULL }, m = { .p = NULL };
    int rc = policy(ctx, &op, leaves, msrs, &l, &m, "set the CPU policy of");

    hbuf_put(&l);
    hbuf_put(&m);
    return rc;
}

int pel_hc_resume(struct pel_ctx *ctx, uint32_t domid)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_resumedomain,
        .domain = domid,
    };

    return domctl_or_fail(ctx, &op, "resume");
}

int pel_hc_page_types(struct pel_ctx *ctx, uint32_t domid, uint64_t *words,
                      size_t nr)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_getpageframeinfo3,
        .domain = domid,
        .u.getpageframeinfo3.num = nr,
    };
    struct hbuf buf;
    int rc = hbuf_get(ctx, nr * sizeof(*words), words, &buf);

    if (rc)
        return rc;
    set_xen_guest_handle_raw(op.u.getpageframeinfo3.array, (xen_pfn_t *)buf.p);
    rc = domctl_or_fail(ctx, &op, "look at the pages of");
    memcpy(words, buf.p, nr * sizeof(*words));
    hbuf_put(&buf);
    return rc;
}
