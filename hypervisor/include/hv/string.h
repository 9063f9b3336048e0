/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The C string functions that the hypervisor uses, with their usual meaning. */
#pragma once

#include <hv/types.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *p, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);

/* copy_string - always terminates; returns false if @from was cut */
bool copy_string(char *to, const char *from, size_t size);

/* clear_page, copy_page - 4096 aligned bytes */
void clear_page(void *p);
void copy_page(void *to, const void *from);
