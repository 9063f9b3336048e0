/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handles of a context: opened when first needed, closed together. */
#include <string.h>
#include <xencall.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xenstore.h>
#include <pel/ctx.h>

static int cannot_open(struct pel_ctx *ctx, const char *what)
{
    return pel_fail_sys(ctx, PEL_EHYPER,
                        "cannot open the %s device: run as root in a control "
                        "domain with xen-privcmd and xen-evtchn loaded",
                        what);
}

void pel_ctx_init(struct pel_ctx *ctx) { memset(ctx, 0, sizeof(*ctx)); }

void pel_ctx_close(struct pel_ctx *ctx)
{
    if (ctx->store)
        xs_close(ctx->store);
    if (ctx->evtchn)
        xenevtchn_close(ctx->evtchn);
    if (ctx->fmem)
        xenforeignmemory_close(ctx->fmem);
    if (ctx->xencall)
        xencall_close(ctx->xencall);
    ctx->store = NULL;
    ctx->evtchn = NULL;
    ctx->fmem = NULL;
    ctx->xencall = NULL;
}

int pel_ctx_xencall(struct pel_ctx *ctx, struct xencall_handle **out)
{
    if (!ctx->xencall)
        ctx->xencall = xencall_open(NULL, 0);
    if (!ctx->xencall)
        return cannot_open(ctx, "hypercall");
    *out = ctx->xencall;
    return 0;
}

int pel_ctx_fmem(struct pel_ctx *ctx, struct xenforeignmemory_handle **out)
{
    if (!ctx->fmem)
        ctx->fmem = xenforeignmemory_open(NULL, 0);
    if (!ctx->fmem)
        return cannot_open(ctx, "foreign memory");
    *out = ctx->fmem;
    return 0;
}

int pel_ctx_evtchn(struct pel_ctx *ctx, struct xenevtchn_handle **out)
{
    if (!ctx->evtchn)
        ctx->evtchn = xenevtchn_open(NULL, 0);
    if (!ctx->evtchn)
        return cannot_open(ctx, "event channel");
    *out = ctx->evtchn;
    return 0;
}
