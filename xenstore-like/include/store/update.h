/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live update: another program takes the place of this one, and nobody has
 * to connect again.  CONTROL asks for it step by step; the host does it.
 */
#ifndef STORE_UPDATE_H
#define STORE_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

struct conn;
struct server;

#define UPDATE_PATIENCE_S 60 /* for open transactions, if nothing is said */

struct update {
    char *program;   /* its file; NULL: the one that runs */
    char *arguments; /* separated by blanks; NULL: as they are */
    bool pending;    /* wanted as soon as no transaction is open: until then
                        no new one begins */
    bool force;      /* when patience ends, do it nevertheless */
    unsigned int patience_s;
    int64_t deadline;       /* the host's, in its ms; 0: it has not looked */
    struct conn *asker;     /* who waits for the answer, or NULL: it went */
    struct xsd_sockmsg hdr; /* of its request */
};

/** update_open - transactions that are open */
unsigned int update_open(const struct server *srv);

/**
 * update_answer - answer who asked for the update
 *
 * Returns: bytes queued on its connection.
 */
unsigned int update_answer(struct server *srv, const char *text);

/** update_take_back - unsay the last answer, which had that many bytes */
void update_take_back(struct server *srv, unsigned int bytes);

/** update_end - it is off: transactions may begin again */
void update_end(struct server *srv);

/** update_leave - a connection goes; perhaps it asked */
void update_leave(struct conn *c);

/** update_forget - forget all that was said */
void update_forget(struct server *srv);

#endif
