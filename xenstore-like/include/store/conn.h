/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection as the protocol sees it: bytes in, bytes out, what it holds. */
#ifndef STORE_CONN_H
#define STORE_CONN_H

#include <stdint.h>

#include <xen/io/xs_wire.h>

#include <store/buf.h>
#include <store/list.h>
#include <store/perm.h>
#include <store/server.h>

/* How the bytes travel: a socket, or a ring. */
struct conn_io {
    /**
     * read - fetch what has come, at most @len bytes
     * Returns: bytes; 0 nothing there now; -EPIPE the end; -EIO the peer's
     *          indices make no sense.
     */
    int (*read)(struct conn *c, void *data, size_t len);
    /**
     * write - send, at most @len bytes
     * Returns: bytes; 0 no room now; errors as those of read.
     */
    int (*write)(struct conn *c, const void *data, size_t len);
    /** turn_done - a turn has ended: tell the peer, wait for what lacks */
    void (*turn_done)(struct conn *c);
    /** fail - the peer broke the protocol or went; @c may be freed */
    void (*fail)(struct conn *c);
};

struct conn {
    struct server *srv;
    struct list link;  /* srv->conns */
    struct list ready; /* the host's list of those who have work */
    const struct conn_io *io;
    struct domain *dom; /* whose ring it is; NULL: a socket, so dom0 */
    struct buf in, out;
    struct list watches;
    struct list txns;
    unsigned int nr_watches, nr_txns;
    uint16_t domid;
    struct list waiting; /* srv->favour.waiting: its next request waits */
    uint8_t losses;      /* commits refused in a row, up to FAVOUR_LOSSES */
    bool contends;       /* others waited when it was favoured last */
    bool dawdles;        /* it let a favour expire */
    bool in_turn;        /* conn_turn() runs: it will look at all */
    uint8_t broken;      /* XENSTORE_ERROR_: why it is to be closed; an
                            event was lost, bytes make no sense */
};

/** conn_init - a connection of @dom (NULL: dom0, by a socket) */
void conn_init(struct conn *c, struct server *srv, const struct conn_io *io,
               struct domain *dom);

/** conn_reset - drop watches, transactions and all bytes under way */
void conn_reset(struct conn *c);

/** conn_fini - conn_reset() and leave the server's list */
void conn_fini(struct conn *c);

/** conn_who - whose rights @c has */
void conn_who(const struct conn *c, struct who *who);

/**
 * conn_send - queue one message
 * @hdr:  type, request and transaction; its length is set here
 * @data: payload, @len bytes, at most XENSTORE_PAYLOAD_MAX
 *
 * Without memory, or beyond the quota for replies that nobody fetches, the
 * connection is broken: a client must never miss an event unknowingly.
 */
void conn_send(struct conn *c, struct xsd_sockmsg hdr, const void *data,
               size_t len);

/**
 * conn_event - queue a watch event
 * @path: as the client knows it; @path_len bytes
 */
void conn_event(struct conn *c, const char *path, size_t path_len,
                const char *token);

/**
 * conn_turn - read, answer some requests, write
 *
 * Returns: there is more to do at once.  Afterwards the caller looks at
 *          @c->broken, and then calls io->fail.
 */
bool conn_turn(struct conn *c);

/** conn_may_read - are requests accepted: is the backlog small, and @c does
 * not wait for other transactions? */
bool conn_may_read(const struct conn *c);

#endif
