/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums, by libgcrypt. */
#include <stdio.h>
#include <string.h>
#include <gcrypt.h>
#include <pel/ctx.h>
#include "sum.h"

#define OLDEST "1.9.0" /* the first with BLAKE2b in one call */

int snap_sums_ready(struct pel_ctx *ctx)
{
    if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P))
        return 0;
    if (!gcry_check_version(OLDEST))
        return pel_fail(ctx, PEL_ENOTSUP, "libgcrypt is older than %s", OLDEST);
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0); /* there are no secrets here */
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    return 0;
}

void snap_sum_of(const void *buf, size_t len, struct snap_sum *out)
{
    gcry_md_hash_buffer(GCRY_MD_BLAKE2B_256, out->bytes, buf, len);
}

bool snap_sum_same(const struct snap_sum *a, const struct snap_sum *b)
{
    return !memcmp(a->bytes, b->bytes, SNAP_SUM_BYTES);
}

void snap_sum_write(const struct snap_sum *sum, char *to)
{
    for (size_t i = 0; i < SNAP_SUM_BYTES; i++)
        sprintf(to + 2 * i, "%02x", sum->bytes[i]);
}

bool snap_sum_read(const char *text, struct snap_sum *out)
{
    static const char digits[] = "0123456789abcdef";

    if (strlen(text) != SNAP_SUM_TEXT - 1 ||
        strspn(text, digits) != SNAP_SUM_TEXT - 1)
        return false;
    for (size_t i = 0; i < SNAP_SUM_BYTES; i++)
        out->bytes[i] = (strchr(digits, text[2 * i]) - digits) << 4 |
                        (strchr(digits, text[2 * i + 1]) - digits);
    return true;
}
