/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients of the UNIX socket: programs of the control domain. */
#ifndef DAEMON_CONN_SOCKET_H
#define DAEMON_CONN_SOCKET_H

#include "loop.h"

struct listener {
    struct source src;
    struct loop *loop;
    struct server *srv;
};

/**
 * listener_open - bind the socket and accept clients from now on
 * @path: where; a socket there that nobody serves is replaced
 *
 * Returns: 0; -EADDRINUSE somebody serves it; -EEXIST something else is there;
 *          another negative errno.
 */
int listener_open(struct listener *l, struct loop *loop, struct server *srv,
                  const char *path);

/**
 * listener_take - accept clients by a socket that listens already
 * @fd: the last program's
 *
 * Returns: 0; a negative errno.
 */
int listener_take(struct listener *l, struct loop *loop, struct server *srv,
                  int fd);

/**
 * socket_take - serve a client of the last program
 * @from: what it holds; from->handed_fd is its socket.  It is gone then.
 *
 * When that fails the client is disconnected.
 */
void socket_take(struct listener *l, struct conn *from);

/** socket_fd - the descriptor of @c if it is a socket, or -1 */
int socket_fd(const struct conn *c);

/** listener_close - close the socket; connections stay */
void listener_close(struct listener *l);

/** sockets_close - close all connections that are sockets */
void sockets_close(struct server *srv);

#endif
