/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store, by the ring that every guest has: one request at a time. */
#ifndef PV_STORE_H
#define PV_STORE_H

#include <xen/xen.h>

/** store_init - use the ring that start_info names; also after a resume */
void store_init(const struct start_info *si);

/**
 * store_read - a node's value, with a 0 behind it
 * @path: relative to the guest's own nodes
 *
 * Returns its length, or -1: there is none, it is too long, or no store.
 */
int store_read(const char *path, char *value, unsigned int size);

/** store_write - set a node; 0, or -1 */
int store_write(const char *path, const char *value);

#endif
