/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The C string functions of <hv/string.h>. */
#include <hv/string.h>

/* The processor's string instructions are its fast path for all of these. */
void *memcpy(void *to, const void *from, size_t n)
{
    void *d = to;
    size_t words = n / 8;

    n &= 7;
    asm volatile("rep movsq\n\t"
                 "movq %3, %%rcx\n\t"
                 "rep movsb"
                 : "+D"(d), "+S"(from), "+c"(words)
                 : "r"(n)
                 : "memory");
    return to;
}

void *memset(void *p, int c, size_t n)
{
    void *d = p;
    size_t words = n / 8;

    n &= 7;
    asm volatile("rep stosq\n\t"
                 "movq %3, %%rcx\n\t"
                 "rep stosb"
                 : "+D"(d), "+c"(words)
                 : "a"(0x0101010101010101UL * (uint8_t)c), "r"(n)
                 : "memory");
    return p;
}

void *memmove(void *to, const void *from, size_t n)
{
    char *d = to;
    const char *s = from;

    if (d <= s || d >= s + n)
        return memcpy(to, from, n);
    while (n--)
        d[n] = s[n];
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

size_t strlen(const char *s) { return strnlen(s, SIZE_MAX); }

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++)
        if (*a != *b || !*a)
            return (unsigned char)*a - (unsigned char)*b;
    return 0;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, SIZE_MAX); }

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++)
        if (!*s)
            return NULL;
    return (char *)s;
}

bool copy_string(char *to, const char *from, size_t size)
{
    size_t n = strnlen(from, size);
    bool whole = n < size;

    if (!whole)
        n = size - 1;
    memcpy(to, from, n);
    to[n] = '\0';
    return whole;
}

void clear_page(void *p)
{
    size_t words = 512;

    asm volatile("rep stosq" : "+D"(p), "+c"(words) : "a"(0UL) : "memory");
}

void copy_page(void *to, const void *from)
{
    size_t words = 512;

    asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}
