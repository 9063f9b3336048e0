/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of the store, over its socket or over a ring. */
#ifndef MODEL_PEER_H
#define MODEL_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#define EVENTS_MAX 4096

struct event {
    char path[64], token[16];
    unsigned int group; /* those of one commit have one; see events.c */
};

struct answer {
    uint32_t type, tx_id, len;
    char data[XENSTORE_PAYLOAD_MAX + 1]; /* a NUL follows it */
};

struct peer {
    uint16_t domid; /* 0: a socket */
    int fd;         /* of the socket */
    struct xenstore_domain_interface *page;
    int events_fd, notify_fd; /* of the stand-in */
    uint32_t req_id;
    struct event event[EVENTS_MAX]; /* come, not yet compared */
    unsigned int nr_events;
};

/** die - say why, with the seed and step of the run, and end it */
void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** peer_served - does anybody answer at the socket? */
bool peer_served(const char *path);

/** peer_connect - (re)connect by the socket at @path */
void peer_connect(struct peer *p, const char *path);

/** peer_page - make the page of domain @domid in the stand-in's folder */
void peer_page(struct peer *p, const char *folder, uint16_t domid);

/** peer_send - send a request, without waiting for its answer */
void peer_send(struct peer *p, uint32_t type, uint32_t tx, const void *data,
               size_t len);

/**
 * peer_answer - the next answer; events that come before are kept
 *
 * Returns: false: the store closed the connection, or died.
 */
bool peer_answer(struct peer *p, struct answer *a);

/** peer_ask - send, and the answer; the store must live */
void peer_ask(struct peer *p, uint32_t type, uint32_t tx, const void *data,
              size_t len, struct answer *a);

#endif
