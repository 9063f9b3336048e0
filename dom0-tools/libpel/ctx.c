/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handles of a context: opened when first needed, closed together. */
#include <stdarg.h>
#include <string.h>
#include <xencall.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xenstore.h>
#include <xentoollog.h>
#include <pel/ctx.h>

/*
 * The client libraries print what fails; so do we, with more to go by, and
 * one line is enough.
 */
static void drop_message(xentoollog_logger *logger, xentoollog_level level,
                         int errnoval, const char *context, const char *format,
                         va_list al)
{
    (void)logger;
    (void)level;
    (void)errnoval;
    (void)context;
    (void)format;
    (void)al;
}

static void drop_progress(xentoollog_logger *logger, const char *context,
                          const char *doing_what, int percent,
                          unsigned long done, unsigned long total)
{
    (void)logger;
    (void)context;
    (void)doing_what;
    (void)percent;
    (void)done;
    (void)total;
}

static void keep(xentoollog_logger *logger) { (void)logger; }

static xentoollog_logger quiet = {
    .vmessage = drop_message,
    .progress = drop_progress,
    .destroy = keep,
};

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
        ctx->xencall = xencall_open(&quiet, 0);
    if (!ctx->xencall)
        return cannot_open(ctx, "hypercall");
    *out = ctx->xencall;
    return 0;
}

int pel_ctx_fmem(struct pel_ctx *ctx, struct xenforeignmemory_handle **out)
{
    if (!ctx->fmem)
        ctx->fmem = xenforeignmemory_open(&quiet, 0);
    if (!ctx->fmem)
        return cannot_open(ctx, "foreign memory");
    *out = ctx->fmem;
    return 0;
}

int pel_ctx_evtchn(struct pel_ctx *ctx, struct xenevtchn_handle **out)
{
    if (!ctx->evtchn)
        ctx->evtchn = xenevtchn_open(&quiet, 0);
    if (!ctx->evtchn)
        return cannot_open(ctx, "event channel");
    *out = ctx->evtchn;
    return 0;
}
