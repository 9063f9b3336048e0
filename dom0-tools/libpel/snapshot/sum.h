/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums that name a page or prove a file: BLAKE2b of 256 bits. */
#ifndef PEL_SNAPSHOT_SUM_H
#define PEL_SNAPSHOT_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_ctx;

#define SNAP_SUM_BYTES 32
#define SNAP_SUM_TEXT (2 * SNAP_SUM_BYTES + 1) /* hexadecimal, with the NUL */

struct snap_sum {
    uint8_t bytes[SNAP_SUM_BYTES];
};

/**
 * snap_sums_ready - prepare the library; before any other call here
 * Returns: 0; -PEL_ENOTSUP it is too old
 */
int snap_sums_ready(struct pel_ctx *ctx);

/** snap_sum_of - the sum of @len bytes */
void snap_sum_of(const void *buf, size_t len, struct snap_sum *out);

/** snap_sum_same - whether two are equal */
bool snap_sum_same(const struct snap_sum *a, const struct snap_sum *b);

/** snap_sum_write - as text; @to has SNAP_SUM_TEXT bytes */
void snap_sum_write(const struct snap_sum *sum, char *to);

/** snap_sum_read - the reverse; false when @text is none */
bool snap_sum_read(const char *text, struct snap_sum *out);

#endif
