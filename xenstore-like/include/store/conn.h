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
     * A ring's guest learns of it by turn_done().
     * Returns: bytes; 0 nothing there now; -EPIPE the end; -EIO the peer's
     *          indices make no sense.
     */
    int (*read)(struct conn *c, void *data, size_t len);
    /**
     * write - send, at most @len bytes
     * Returns: bytes; 0 no room now; errors as those of read.
     */
    int (*write)(struct conn *c, const void *data, size_t len);
    /**
     * turn_done - all is settled: tell the peer, wait for what lacks
     * Returns: has more come, or room been made, that nobody will signal?
     *          What @c does not accept now does not count.
     */
    bool (*turn_done)(struct conn *c);
    /** fail - the peer broke the protocol or went; @c may be freed */
    void (*fail)(struct conn *c);
};

struct conn {
    struct server *srv;
    struct list link;  /* srv->conns */
    struct list ready; /* the host's list of those who have work */
    struct list dirty; /* srv->dirty */
    const struct conn_io *io;
    struct domain *dom; /* whose ring it is; NULL: a socket, so dom0 */
    struct buf in, out;
    const char *fetched; /* bytes that conn_work() has, while `in' is empty: */
    size_t nr_fetched;   /* what it leaves goes there */
    uint32_t in_pos, out_pos; /* a ring's indices: of the first byte not yet
                                 in `in', of the first byte of `out' */
    unsigned int nr_out;      /* messages queued since `out' was empty */
    struct list watches;
    struct list txns;
    /* <store/pace.h>: who waits until this one fetches its events, the link of
     * one that waits, and that of srv->slow for who has followers. */
    struct list followers, paced, slow;
    uint64_t slow_ns; /* since when */
    size_t pushed;    /* bytes of `out' that other guests caused, at most */
    unsigned int nr_watches, nr_txns;
    uint16_t domid;
    struct list waiting; /* srv->favour.waiting or held: its next request
                            waits */
    uint8_t losses;      /* commits refused in a row, up to FAVOUR_LOSSES */
    bool contends;       /* others waited when it was favoured last */
    uint8_t dawdled;     /* it let a favour expire: losses before the next */
    struct edit wants;   /* what its lost transactions touched last */
    bool waited;         /* its next change was held, and goes ahead now */
    bool held;           /* until the live update is over, with the
                            transaction that it wants to begin */
    bool paused;         /* requests wait until the peer fetches replies */
    size_t kept;         /* bytes of out that the journal has; rings only, */
    uint32_t in_kept;    /* and the in_pos that it has */
    int handed_fd;       /* a socket's descriptor if it is to be journalled,
                            or 0 */
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

/** conn_quota - the limits that hold for @c */
static inline const struct quota *conn_quota(const struct conn *c)
{
    return c->dom && c->dom->quota ? c->dom->quota : &c->srv->quota;
}

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
 * conn_work - read, and answer some requests
 *
 * The answers wait, and @c is on srv->dirty, until conn_settle().
 */
void conn_work(struct conn *c);

/**
 * conn_settle - what was answered is in the journal: write it to the peer
 *
 * Takes @c off srv->dirty.
 * Returns: there is more work at once.  Afterwards the caller looks at
 *          @c->broken, and then calls io->fail.
 */
bool conn_settle(struct conn *c);

/** conn_dirty - @c has something to settle */
void conn_dirty(struct conn *c);

/** conn_may_read - are requests accepted: does the peer fetch its replies, and
 * @c does not wait for other transactions, or for others to fetch theirs? */
bool conn_may_read(const struct conn *c);

#endif
