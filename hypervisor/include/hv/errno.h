/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error numbers of the ABI (positive EINVAL, ...).  Functions return 0 or
 * the negative value; which one a guest sees is part of the ABI.
 */
#pragma once

#define XEN_ERRNO(name, value) name = value,
enum {
#include <xen/errno.h>
    /* Between us and ourselves: never reaches a guest. */
    ERESTART = 85,
};
