/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for the pure parts: the one place where an allocation can fail. */
#ifndef STORE_MEM_H
#define STORE_MEM_H

#include <stddef.h>

/**
 * mem_alloc - take @len_bytes bytes, contents undefined
 *
 * Returns: the block, or NULL when there is no memory.  Tests link another
 *          version of these functions, which fails on demand.
 */
void *mem_alloc(size_t len_bytes);

/** mem_zalloc - like mem_alloc(), filled with zeros */
void *mem_zalloc(size_t len_bytes);

/**
 * mem_resize - give @p another size, keeping what fits
 * @p: a block of mem_alloc(), or NULL
 *
 * Returns: the block, perhaps moved; NULL when there is no memory, and then
 *          @p is as it was.
 */
void *mem_resize(void *p, size_t len_bytes);

/** mem_free - give back a block; NULL is nothing */
void mem_free(void *p);

/** mem_strdup - copy of @len_bytes bytes at @s with a NUL behind, or NULL */
char *mem_strdup(const char *s, size_t len_bytes);

#endif
