/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Assertions about our own code.  What a guest can cause is an error value,
 * never one of these.
 */
#pragma once

#include <hv/types.h>

/**
 * panic - print a message, registers and a stack trace; stop the machine
 * @fmt: printf format
 *
 * Reboots afterwards unless `noreboot' is on the command line.
 */
void panic(const char *fmt, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

#define BUG() panic("BUG at %s:%d", __FILE__, __LINE__)
#define BUG_ON(c)                                                              \
    do {                                                                       \
        if (unlikely(c))                                                       \
            panic("BUG at %s:%d: %s", __FILE__, __LINE__, #c);                 \
    } while (0)

#define ASSERT(c)                                                              \
    do {                                                                       \
        if (unlikely(!(c)))                                                    \
            panic("ASSERT at %s:%d: %s", __FILE__, __LINE__, #c);              \
    } while (0)
