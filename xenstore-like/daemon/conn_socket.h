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
 * Returns: 0; -EADDRINUSE somebody serves it; another negative errno.
 */
int listener_open(struct listener *l, struct loop *loop, struct server *srv,
                  const char *path);

/** listener_close - close the socket; connections stay */
void listener_close(struct listener *l);

/** sockets_close - close all connections that are sockets */
void sockets_close(struct server *srv);

#endif
