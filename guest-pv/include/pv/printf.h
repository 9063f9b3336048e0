/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formatted text. */
#ifndef PV_PRINTF_H
#define PV_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/**
 * pv_vsnprintf - format into a buffer
 * @buf:  receives the text and a NUL, also when it is cut off
 * @size: bytes in @buf, at least 1
 *
 * Knows %s %c %d %u %x %p %%, the sizes l, ll and z, a width and a leading
 * 0.  Returns the number of bytes stored without the NUL.
 */
size_t pv_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);

/** pv_snprintf - as pv_vsnprintf() */
size_t pv_snprintf(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** pv_printf - print on the console; at most 512 bytes each time */
void pv_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
