/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store made again from records. */
#ifndef STORE_REPLAY_H
#define STORE_REPLAY_H

#include <store/record.h>

/* A store that is being made. */
struct replay {
    struct server *srv;  /* its tree has nothing but what a new one has */
    struct conn **by_fd; /* connections of sockets, by descriptor */
    unsigned int nr_fds;
};

/**
 * replay_records - do what records say
 * @data: whole records, @len bytes; untrusted, though a checksum was right
 *
 * Connections are made without a peer: the host then gives them one.
 * Afterwards server_recount() is to be called.
 * Returns: 0; -EINVAL something is not a record: what stands before it was
 *          done; -ENOMEM.
 */
int replay_records(struct replay *r, const void *data, size_t len);

/**
 * replay_done - free what @r holds
 *
 * The connections are reached by their domains, or on srv->conns.
 */
void replay_done(struct replay *r);

/**
 * replay_adopt - give what a connection without a peer holds to one that has
 * @c: new; @from is freed
 *
 * Its transactions see the tree as it is now with what they had done; they
 * cannot commit: their end says EAGAIN, and so the client begins anew.
 */
void replay_adopt(struct conn *c, struct conn *from);

/** replay_drop_all - there are no rings here: drop those of all domains */
void replay_drop_all(struct server *srv);

/** replay_drop - free a connection that gets no peer */
void replay_drop(struct conn *from);

#endif
