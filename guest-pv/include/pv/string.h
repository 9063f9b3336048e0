/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few functions on bytes and strings that the guest uses. */
#ifndef PV_STRING_H
#define PV_STRING_H

#include <stdbool.h>
#include <stddef.h>

/* As the C standard has them; compilers also call them by themselves. */
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

/** str_begins - whether @s begins with @prefix */
bool str_begins(const char *s, const char *prefix);

#endif
