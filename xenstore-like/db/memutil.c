/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of mem_alloc(). */
#include <string.h>

#include <store/mem.h>

void *mem_zalloc(size_t len_bytes)
{
    void *p = mem_alloc(len_bytes);

    if (p)
        memset(p, 0, len_bytes);
    return p;
}

char *mem_strdup(const char *s, size_t len_bytes)
{
    char *p = mem_alloc(len_bytes + 1);

    if (!p)
        return NULL;
    memcpy(p, s, len_bytes);
    p[len_bytes] = '\0';
    return p;
}
