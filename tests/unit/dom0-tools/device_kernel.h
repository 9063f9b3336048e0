/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dom0's kernel as the device code sees it: back ends, loops, interfaces. */
#ifndef DEVICE_KERNEL_H
#define DEVICE_KERNEL_H

#include <stdbool.h>

/* What the back ends do. */
struct fake_kernel {
    bool needs_rm;   /* they close only for a front end that is gone */
    bool broken_vbd; /* the block back end cannot open anything */
    bool no_bridge;
    char scripts[256]; /* "COMMAND SCRIPT;" of each that was run */
};

extern struct fake_kernel fake_kernel;

/**
 * fake_kernel_start - back ends that answer to writes into the fake store
 */
void fake_kernel_start(void);

/**
 * fake_open_fds - descriptors of this process, to find leaks
 */
unsigned int fake_open_fds(void);

#endif
