/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's console ring from the back end's side.  The guest can write any
 * value into any of its fields at any time: each index is read once, checked
 * and then used, so that a lie can only lose the liar's own characters.
 */
#ifndef PELD_RING_H
#define PELD_RING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <xen/io/console.h>

/**
 * ring_take - take what the guest has printed
 * @ring:  shared with the guest
 * @buf:   set to the characters
 * @size:  room in @buf, in bytes
 *
 * Returns: bytes taken, 0 when there are none; -EPROTO the indices make no
 *          sense.
 */
ssize_t ring_take(struct xencons_interface *ring, char *buf, size_t size);

/**
 * ring_space - how much input the guest has room for
 * @ring:  shared with the guest
 *
 * Returns: bytes; -EPROTO the indices make no sense.
 */
ssize_t ring_space(const struct xencons_interface *ring);

/**
 * ring_put - give the guest input
 * @ring:  shared with the guest
 * @buf:   characters
 * @len:   of @buf, in bytes
 *
 * Returns: bytes that had room; -EPROTO the indices make no sense.
 */
ssize_t ring_put(struct xencons_interface *ring, const char *buf, size_t len);

#endif
