/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines about progress, to standard error or to a daemon's log. */
#include <stdarg.h>
#include <stdio.h>
#include <pel/ctx.h>
#include <pel/log.h>

void pel_log(struct pel_ctx *ctx, enum pel_log_level level, const char *fmt,
             ...)
{
    enum pel_log_level wanted = ctx->log_level ? ctx->log_level : PEL_LOG_WARN;
    char line[PEL_MESSAGE_MAX];
    va_list ap;

    if (level > wanted)
        return;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (ctx->log_fn)
        ctx->log_fn(level, line, ctx->log_arg);
    else
        fprintf(stderr, "%s%s\n", level == PEL_LOG_WARN ? "warning: " : "",
                line);
}
