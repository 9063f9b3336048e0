/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small things with strings. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include "local.h"

int text_copy(struct pel_ctx *ctx, char **to, const char *from)
{
    char *copy = strdup(from);

    if (!copy)
        return pel_fail_oom(ctx);
    free(*to);
    *to = copy;
    return 0;
}

char *text_trim(char *s)
{
    size_t len;

    while (isspace((unsigned char)*s))
        s++;
    len = strlen(s);
    while (len && isspace((unsigned char)s[len - 1]))
        s[--len] = '\0';
    return s;
}

bool text_number(const char *s, uint64_t *out)
{
    char *end;

    if (!isdigit((unsigned char)*s))
        return false;
    errno = 0;
    *out = strtoull(s, &end, 0);
    return !errno && !*end;
}
