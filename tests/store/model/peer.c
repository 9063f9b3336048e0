/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of the store, over its socket or over a ring. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "peer.h"

#define PATIENCE_MS 20000 /* a store that takes longer hangs */

/* A connection, or -1. */
static int try_connect(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
    if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
        return fd;
    close(fd);
    return -1;
}

bool peer_served(const char *path)
{
    int fd = try_connect(path);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

void peer_connect(struct peer *p, const char *path)
{
    if (p->fd > 0)
        close(p->fd);
    p->fd = try_connect(path);
    if (p->fd < 0)
        die("cannot connect to %s: %s", path, strerror(errno));
}

void peer_page(struct peer *p, const char *folder, uint16_t domid)
{
    char path[4096];
    int fd;

    p->domid = domid;
    snprintf(path, sizeof(path), "%s/page-%u", folder, domid);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, 4096))
        die("%s: %s", path, strerror(errno));
    p->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
}

/* Wait until the store signals some domain. */
static void wait_notify(struct peer *p)
{
    struct pollfd pfd = { .fd = p->notify_fd, .events = POLLIN };
    uint32_t domid[64];

    if (poll(&pfd, 1, PATIENCE_MS) != 1)
        die("domain %u: the store does not answer", p->domid);
    if (read(p->notify_fd, domid, sizeof(domid)) < 0 && errno != EAGAIN)
        die("notify: %s", strerror(errno));
}

static void signal_store(struct peer *p)
{
    uint32_t domid = p->domid;

    if (write(p->events_fd, &domid, sizeof(domid)) != sizeof(domid))
        die("events: %s", strerror(errno));
}

/*
 * Bytes of a request.  As Linux does: a signal only for what is added when all
 * before has been taken.
 */
static void ring_put(struct peer *p, const char *data, size_t len)
{
    struct xenstore_domain_interface *page = p->page;
    uint32_t prod = page->req_prod, cons, room;

    while (len) {
        cons = __atomic_load_n(&page->req_cons, __ATOMIC_ACQUIRE);
        room = XENSTORE_RING_SIZE - (prod - cons);
        if (!room) {
            wait_notify(p);
            continue;
        }
        if (room > len)
            room = len;
        for (uint32_t i = 0; i < room; i++)
            page->req[MASK_XENSTORE_IDX(prod + i)] = *data++;
        len -= room;
        __atomic_store_n(&page->req_prod, prod + room, __ATOMIC_RELEASE);
        cons = __atomic_load_n(&page->req_cons, __ATOMIC_ACQUIRE);
        if ((int32_t)(cons - prod) >= 0)
            signal_store(p);
        prod += room;
    }
}

/* As Linux does: a signal only for room in a ring that was full. */
static void ring_get(struct peer *p, char *data, size_t len)
{
    struct xenstore_domain_interface *page = p->page;
    uint32_t cons = page->rsp_cons, prod, there;

    while (len) {
        prod = __atomic_load_n(&page->rsp_prod, __ATOMIC_ACQUIRE);
        there = prod - cons;
        if (!there && page->error)
            die("domain %u: ring error %u", p->domid, page->error);
        if (!there) {
            wait_notify(p);
            continue;
        }
        if (there > len)
            there = len;
        for (uint32_t i = 0; i < there; i++)
            *data++ = page->rsp[MASK_XENSTORE_IDX(cons + i)];
        len -= there;
        __atomic_store_n(&page->rsp_cons, cons + there, __ATOMIC_RELEASE);
        prod = __atomic_load_n(&page->rsp_prod, __ATOMIC_ACQUIRE);
        if (prod - cons >= XENSTORE_RING_SIZE)
            signal_store(p);
        cons += there;
    }
}

static bool receive(struct peer *p, void *data, size_t len)
{
    struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
    ssize_t n;

    if (p->domid) {
        ring_get(p, data, len);
        return true;
    }
    for (char *to = data; len; to += n, len -= n) {
        if (poll(&pfd, 1, PATIENCE_MS) != 1)
            die("the store does not answer");
        n = recv(p->fd, to, len, 0);
        if (n <= 0)
            return false;
    }
    return true;
}

void peer_send(struct peer *p, uint32_t type, uint32_t tx, const void *data,
               size_t len)
{
    char out[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
    const struct xsd_sockmsg hdr = { type, ++p->req_id, tx, len };

    if (p->domid) {
        ring_put(p, (const char *)&hdr, sizeof(hdr));
        ring_put(p, data, len);
        return;
    }
    memcpy(out, &hdr, sizeof(hdr));
    memcpy(out + sizeof(hdr), data, len);
    send(p->fd, out, sizeof(hdr) + len, MSG_NOSIGNAL);
}

static void keep_event(struct peer *p, const struct answer *a)
{
    struct event *e = &p->event[p->nr_events++];
    size_t path_len = strlen(a->data);

    if (p->nr_events == EVENTS_MAX)
        die("domain %u: too many events", p->domid);
    if (path_len + 1 >= a->len || a->data[a->len - 1])
        die("domain %u: an event without a token", p->domid);
    snprintf(e->path, sizeof(e->path), "%s", a->data);
    snprintf(e->token, sizeof(e->token), "%s", a->data + path_len + 1);
}

bool peer_answer(struct peer *p, struct answer *a)
{
    struct xsd_sockmsg hdr;

    for (;;) {
        if (!receive(p, &hdr, sizeof(hdr)))
            return false;
        if (hdr.len > XENSTORE_PAYLOAD_MAX)
            die("domain %u: a reply of %u bytes", p->domid, hdr.len);
        if (!receive(p, a->data, hdr.len))
            return false;
        a->type = hdr.type;
        a->tx_id = hdr.tx_id;
        a->len = hdr.len;
        a->data[hdr.len] = '\0';
        if (hdr.type != XS_WATCH_EVENT)
            return true;
        keep_event(p, a);
    }
}

void peer_ask(struct peer *p, uint32_t type, uint32_t tx, const void *data,
              size_t len, struct answer *a)
{
    peer_send(p, type, tx, data, len);
    if (!peer_answer(p, a))
        die("domain %u: the store closed the connection", p->domid);
    if (a->tx_id != tx)
        die("domain %u: an answer of another transaction", p->domid);
}
