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

static void ring_send(struct peer *p, const char *data, size_t len)
{
    struct xenstore_domain_interface *page = p->page;
    uint32_t prod = page->req_prod;

    while (XENSTORE_RING_SIZE -
               (prod - __atomic_load_n(&page->req_cons, __ATOMIC_ACQUIRE)) <
           len)
        wait_notify(p);
    for (size_t i = 0; i < len; i++)
        page->req[MASK_XENSTORE_IDX(prod++)] = data[i];
    __atomic_store_n(&page->req_prod, prod, __ATOMIC_RELEASE);
    signal_store(p);
}

static void ring_receive(struct peer *p, char *data, size_t len)
{
    struct xenstore_domain_interface *page = p->page;
    uint32_t cons = page->rsp_cons;

    while (len) {
        if (__atomic_load_n(&page->rsp_prod, __ATOMIC_ACQUIRE) == cons) {
            if (page->error)
                die("domain %u: ring error %u", p->domid, page->error);
            wait_notify(p);
            continue;
        }
        *data++ = page->rsp[MASK_XENSTORE_IDX(cons++)];
        len--;
        __atomic_store_n(&page->rsp_cons, cons, __ATOMIC_RELEASE);
    }
    signal_store(p); /* it may wait for room */
}

static bool receive(struct peer *p, void *data, size_t len)
{
    struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
    ssize_t n;

    if (p->domid) {
        ring_receive(p, data, len);
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

    memcpy(out, &hdr, sizeof(hdr));
    memcpy(out + sizeof(hdr), data, len);
    if (p->domid)
        ring_send(p, out, sizeof(hdr) + len);
    else
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
