/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's end of a guest's ring.
 *
 * The page belongs to the guest, which may write anything at any time: each
 * index is read once and checked before it is used.  The indices that are the
 * server's to move are kept outside; what stands in the page is for the guest.
 */
#ifndef STORE_RING_H
#define STORE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

/** ring_offer - tell the guest what this server can do */
void ring_offer(struct xenstore_domain_interface *page);

/**
 * ring_read - copy requests' bytes, at most @len
 * @cons: index of the first that is not yet copied; moved on.  The guest does
 *        not know before ring_consumed().
 *
 * Returns: bytes; 0 there are none; -EIO the indices make no sense.
 */
int ring_read(struct xenstore_domain_interface *page, uint32_t *cons,
              void *data, size_t len);

/**
 * ring_consumed - give the guest the room of what is before @cons
 *
 * A guest signals only what it adds to an empty ring, and until now the ring
 * was not empty for it: look at ring_has_requests() afterwards.
 */
void ring_consumed(struct xenstore_domain_interface *page, uint32_t cons);

/** ring_has_requests - are there bytes from @cons on? */
bool ring_has_requests(const struct xenstore_domain_interface *page,
                       uint32_t cons);

/** ring_has_room - is there room for replies from @prod on? */
bool ring_has_room(const struct xenstore_domain_interface *page, uint32_t prod);

/**
 * ring_write - put bytes of replies, at most @len
 * @prod: index behind the last byte put; moved on
 *
 * Returns: bytes; 0 there is no room; -EIO the indices make no sense.
 */
int ring_write(struct xenstore_domain_interface *page, uint32_t *prod,
               const void *data, size_t len);

/** ring_wants_reset - does the guest ask for a new start? */
bool ring_wants_reset(struct xenstore_domain_interface *page);

/** ring_reset - give it: both directions are empty, no error */
void ring_reset(struct xenstore_domain_interface *page);

/** ring_error - leave the reason why the server stopped: XENSTORE_ERROR_ */
void ring_error(struct xenstore_domain_interface *page, uint32_t error);

#endif
