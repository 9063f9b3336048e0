/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The message of the first thing that failed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/error.h>

static void record(struct pel_ctx *ctx, const char *fmt, va_list ap)
{
    if (ctx && !ctx->message[0])
        vsnprintf(ctx->message, sizeof(ctx->message), fmt, ap);
}

int pel_fail(struct pel_ctx *ctx, int err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    record(ctx, fmt, ap);
    va_end(ap);
    return -err;
}

int pel_fail_sys(struct pel_ctx *ctx, int err, const char *fmt, ...)
{
    int saved = errno;
    size_t used;
    va_list ap;

    if (!ctx || ctx->message[0])
        return -err;

    va_start(ap, fmt);
    record(ctx, fmt, ap);
    va_end(ap);
    used = strlen(ctx->message);
    snprintf(ctx->message + used, sizeof(ctx->message) - used, ": %s",
             strerror(saved));
    return -err;
}

int pel_fail_oom(struct pel_ctx *ctx)
{
    return pel_fail(ctx, PEL_ENOMEM, "out of memory in dom0");
}

const char *pel_error_message(const struct pel_ctx *ctx)
{
    return ctx->message;
}

void pel_error_clear(struct pel_ctx *ctx) { ctx->message[0] = '\0'; }
