/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every test of this folder includes first. */
#ifndef TEST_COMMON_H
#define TEST_COMMON_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pel/ctx.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A failure has to say something, and a success nothing. */
static inline void assert_told(const struct pel_ctx *ctx, int rc,
                               const char *part)
{
    if (!rc) {
        assert_string_equal(ctx->message, "");
        return;
    }
    assert_true(rc < 0);
    assert_string_not_equal(ctx->message, "");
    assert_null(strchr(ctx->message, '\n'));
    if (part && !strstr(ctx->message, part)) {
        print_error("\"%s\" does not say \"%s\"\n", ctx->message, part);
        fail();
    }
}

#endif
