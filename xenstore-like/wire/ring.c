/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server's end of a guest's ring. */
#include <errno.h>
#include <string.h>

#include <store/ring.h>

static uint32_t peek(const uint32_t *index)
{
    return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void poke(uint32_t *index, uint32_t value)
{
    __atomic_store_n(index, value, __ATOMIC_RELEASE);
}

void ring_offer(struct xenstore_domain_interface *page)
{
    poke(&page->error, XENSTORE_ERROR_NONE);
    poke(&page->server_features,
         XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
}

int ring_read(struct xenstore_domain_interface *page, uint32_t *cons,
              void *data, size_t len)
{
    uint32_t there = peek(&page->req_prod) - *cons;
    uint32_t at = MASK_XENSTORE_IDX(*cons), first;

    if (there > XENSTORE_RING_SIZE)
        return -EIO;
    if (len > there)
        len = there;

    first = XENSTORE_RING_SIZE - at;
    if (first > len)
        first = len;
    memcpy(data, page->req + at, first);
    memcpy((char *)data + first, page->req, len - first);
    *cons += len;
    return len;
}

void ring_consumed(struct xenstore_domain_interface *page, uint32_t cons)
{
    poke(&page->req_cons, cons);
    /* Whoever writes looks at req_cons after it has moved req_prod. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

bool ring_has_requests(const struct xenstore_domain_interface *page,
                       uint32_t cons)
{
    return peek(&page->req_prod) != cons;
}

bool ring_has_room(const struct xenstore_domain_interface *page, uint32_t prod)
{
    return prod - peek(&page->rsp_cons) != XENSTORE_RING_SIZE;
}

int ring_write(struct xenstore_domain_interface *page, uint32_t *prod,
               const void *data, size_t len)
{
    uint32_t unread = *prod - peek(&page->rsp_cons);
    uint32_t at = MASK_XENSTORE_IDX(*prod), first;

    if (unread > XENSTORE_RING_SIZE)
        return -EIO;
    if (len > XENSTORE_RING_SIZE - unread)
        len = XENSTORE_RING_SIZE - unread;

    first = XENSTORE_RING_SIZE - at;
    if (first > len)
        first = len;
    memcpy(page->rsp + at, data, first);
    memcpy(page->rsp, (const char *)data + first, len - first);
    *prod += len;
    poke(&page->rsp_prod, *prod);
    /* Whoever asks for room next must not miss what the guest made, which
     * signals only if it finds the ring full. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return len;
}

bool ring_wants_reset(struct xenstore_domain_interface *page)
{
    return peek(&page->connection) == XENSTORE_RECONNECT;
}

void ring_reset(struct xenstore_domain_interface *page)
{
    page->req_cons = page->req_prod = 0;
    page->rsp_cons = page->rsp_prod = 0;
    poke(&page->error, XENSTORE_ERROR_NONE);
    poke(&page->connection, XENSTORE_CONNECTED);
}

void ring_error(struct xenstore_domain_interface *page, uint32_t error)
{
    poke(&page->error, error);
}
