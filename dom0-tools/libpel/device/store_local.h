/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of the store layer share. */
#ifndef PEL_DEVICE_STORE_LOCAL_H
#define PEL_DEVICE_STORE_LOCAL_H

#include <stdarg.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#define STORE_PATH_SIZE (XENSTORE_ABS_PATH_MAX + 1)

/**
 * store_path - format a path into a fixed buffer
 * @path:  set to the path with its NUL
 * @fmt:   printf format
 * @ap:    its arguments
 *
 * Returns: 0; -ENAMETOOLONG it is longer than the store allows.
 */
int store_path(char path[STORE_PATH_SIZE], const char *fmt, va_list ap);

/* The same with the arguments that follow @fmt in the calling function. */
#define STORE_PATH(path, fmt)                                                  \
    ({                                                                         \
        va_list ap_;                                                           \
        int rc_;                                                               \
                                                                               \
        va_start(ap_, fmt);                                                    \
        rc_ = store_path(path, fmt, ap_);                                      \
        va_end(ap_);                                                           \
        rc_;                                                                   \
    })

#endif
