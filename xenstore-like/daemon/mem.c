/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for the pure parts, from the C library.
 *
 * That keeps what is freed in the middle of its heap.  Once a good part of
 * what was in use is free, the system gets it back.
 */
#include <malloc.h>
#include <stdlib.h>

#include <store/mem.h>

#include "mem.h"

#define TRIM_BYTES (4 << 20) /* not worth it for less */

/* Bytes in use, and the most there were since the last trim. */
static size_t in_use, most;

static void count(const void *p)
{
    in_use += malloc_usable_size((void *)p);
    if (in_use > most)
        most = in_use;
}

void *mem_alloc(size_t len_bytes)
{
    void *p = malloc(len_bytes);

    count(p);
    return p;
}

void *mem_resize(void *p, size_t len_bytes)
{
    size_t before = malloc_usable_size(p);
    void *q = realloc(p, len_bytes);

    if (q) {
        in_use -= before;
        count(q);
    }
    return q;
}

void mem_free(void *p)
{
    in_use -= malloc_usable_size(p);
    free(p);
}

void mem_trim(void)
{
    if (most - in_use < TRIM_BYTES || most - in_use < most / 4)
        return;
    malloc_trim(0);
    most = in_use;
}
