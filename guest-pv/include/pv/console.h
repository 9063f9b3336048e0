/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where text goes: the hypervisor's console, or the ring of a guest. */
#ifndef PV_CONSOLE_H
#define PV_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

/**
 * console_init - choose the console
 * @si: start information; the ring's page is its console.domU.mfn
 *
 * The initial domain uses console_io.  Any other maps its ring with
 * update_va_mapping; if that fails it has console_io only.
 */
void console_init(const struct start_info *si);

/**
 * console_write - print bytes
 *
 * console_io is always tried: hypervisors built for debugging take it from
 * every domain, others answer -EPERM, which is no matter.  A ring that stays
 * full is waited for CONSOLE_PATIENCE times; then the rest is dropped.
 */
void console_write(const char *s, size_t len);

/**
 * console_drain - wait until the other side has read the ring
 *
 * Gives up like console_write().  Without a ring it returns at once.
 */
void console_drain(void);

#endif
