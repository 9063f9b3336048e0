/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is counted and that fails on demand. */
#include <stdlib.h>

#include <store/mem.h>

unsigned long mem_fail_at, mem_calls;
long mem_blocks;

void *mem_alloc(size_t len_bytes)
{
    void *p;

    if (++mem_calls == mem_fail_at)
        return NULL;
    p = malloc(len_bytes);
    mem_blocks += !!p;
    return p;
}

void *mem_resize(void *p, size_t len_bytes)
{
    void *q;

    if (++mem_calls == mem_fail_at)
        return NULL;
    q = realloc(p, len_bytes);
    mem_blocks += !p && q;
    return q;
}

void mem_free(void *p)
{
    mem_blocks -= !!p;
    free(p);
}
