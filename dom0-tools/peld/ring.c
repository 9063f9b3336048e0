/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console ring: indices run freely and are masked at each use (pure). */
#include <errno.h>
#include <string.h>

#include "ring.h"

static size_t min_size(size_t a, size_t b) { return a < b ? a : b; }

ssize_t ring_take(struct xencons_interface *ring, char *buf, size_t size)
{
    XENCONS_RING_IDX prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
    XENCONS_RING_IDX cons = __atomic_load_n(&ring->out_cons, __ATOMIC_RELAXED);
    size_t len = prod - cons, at, first;

    if (len > sizeof(ring->out))
        return -EPROTO;

    len = min_size(len, size);
    at = MASK_XENCONS_IDX(cons, ring->out);
    first = min_size(len, sizeof(ring->out) - at);
    memcpy(buf, ring->out + at, first);
    memcpy(buf + first, ring->out, len - first);
    __atomic_store_n(&ring->out_cons, cons + (XENCONS_RING_IDX)len,
                     __ATOMIC_RELEASE);

    return (ssize_t)len;
}

/* Room for input; @prod is set to where it goes. */
static ssize_t space(const struct xencons_interface *ring,
                     XENCONS_RING_IDX *prod)
{
    XENCONS_RING_IDX cons = __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE);
    size_t used;

    *prod = __atomic_load_n(&ring->in_prod, __ATOMIC_RELAXED);
    used = *prod - cons;

    return used > sizeof(ring->in) ? -EPROTO
                                   : (ssize_t)(sizeof(ring->in) - used);
}

ssize_t ring_space(const struct xencons_interface *ring)
{
    XENCONS_RING_IDX prod;

    return space(ring, &prod);
}

ssize_t ring_put(struct xencons_interface *ring, const char *buf, size_t len)
{
    XENCONS_RING_IDX prod;
    ssize_t room = space(ring, &prod);
    size_t at, first;

    if (room < 0)
        return room;

    len = min_size(len, (size_t)room);
    at = MASK_XENCONS_IDX(prod, ring->in);
    first = min_size(len, sizeof(ring->in) - at);
    memcpy(ring->in + at, buf, first);
    memcpy(ring->in, buf + first, len - first);
    __atomic_store_n(&ring->in_prod, prod + (XENCONS_RING_IDX)len,
                     __ATOMIC_RELEASE);

    return (ssize_t)len;
}
