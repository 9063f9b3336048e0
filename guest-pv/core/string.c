/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes and strings, without a C library. */
#include <pv/insn.h>
#include <pv/string.h>

void *memcpy(void *to, const void *from, size_t n)
{
    insn_copy(to, from, n);
    return to;
}

void *memset(void *to, int c, size_t n)
{
    insn_fill(to, c, n);
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < n; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

bool str_begins(const char *s, const char *prefix)
{
    while (*prefix) {
        if (*s++ != *prefix++)
            return false;
    }
    return true;
}
