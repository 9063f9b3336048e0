/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an image supplies. */
#ifndef PV_GUEST_H
#define PV_GUEST_H

#include <stdint.h>
#include <xen/xen.h>

/**
 * guest_main - the image's own code, called once by entry/head.S
 * @si: start information as the domain builder left it, mapped writable
 *
 * Runs on vCPU 0 with events masked and no trap table.  Does not return.
 */
void guest_main(struct start_info *si) __attribute__((noreturn));

#endif
