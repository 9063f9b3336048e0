/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operands and values of options: numbers, sizes, pieces. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include "cmd.h"

/* Decimal or 0x..; a zero in front, as scripts may pad, means nothing. */
static uint64_t number(const char *text, char **end)
{
    bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';

    errno = 0;
    return strtoull(text, end, hex ? 16 : 10);
}

int arg_number(struct pel_ctx *ctx, const char *what, const char *text,
               uint64_t min, uint64_t max, uint64_t *out)
{
    char *end;

    *out = number(text, &end);
    if (!isdigit((unsigned char)*text) || *end || errno || *out < min ||
        *out > max)
        return pel_fail(ctx, PEL_EINVAL,
                        "%s: \"%s\" is no number from %llu to %llu", what, text,
                        (unsigned long long)min, (unsigned long long)max);
    return 0;
}

/* Letters of units, and how far a number of them is shifted to be bytes. */
static const struct {
    char letter;
    unsigned char shift;
} units[] = { { 'b', 0 }, { 'k', 10 }, { 'm', 20 }, { 'g', 30 }, { 't', 40 } };

int arg_size(struct pel_ctx *ctx, const char *text, uint64_t *kb)
{
    unsigned int shift = 20;
    char *end;
    uint64_t n;

    n = number(text, &end);
    if (!isdigit((unsigned char)*text) || errno)
        goto bad;
    if (*end) {
        size_t i = 0;

        while (i < sizeof(units) / sizeof(units[0]) &&
               units[i].letter != tolower((unsigned char)*end))
            i++;
        if (i == sizeof(units) / sizeof(units[0]) || end[1])
            goto bad;
        shift = units[i].shift;
    }
    if (n > UINT64_MAX >> shift)
        goto bad;
    *kb = n << shift >> 10;
    return 0;
bad:
    return pel_fail(ctx, PEL_EINVAL,
                    "\"%s\" is no size of memory: say 512 or 512m for MiB, 2g "
                    "for GiB",
                    text);
}

char *arg_join(const struct args *a, int first)
{
    size_t size = 1;
    char *all;

    for (int i = first; i < a->nr_words; i++)
        size += strlen(a->words[i]) + 1;
    all = calloc(1, size);
    for (int i = first; all && i < a->nr_words; i++) {
        if (i > first)
            strcat(all, ",");
        strcat(all, a->words[i]);
    }
    return all;
}
