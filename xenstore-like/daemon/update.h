/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another program takes this one's place, with its state and descriptors. */
#ifndef DAEMON_UPDATE_H
#define DAEMON_UPDATE_H

#include <store/server.h>

#include "conn_socket.h"
#include "options.h"

/**
 * update_round - all is settled: is it time for a live update that was asked
 *                for?
 *
 * If so, does not return when it succeeds.  @pid_file is locked, and stays so.
 * Returns: milliseconds until this wants to be called again, or -1.
 */
int update_round(struct server *srv, const struct options *opt,
                 struct listener *l, int pid_file);

/* What the last program handed over. */
struct handed {
    int state;    /* a file with the state */
    int listener; /* the socket that listens */
    int pid_file; /* locked */
};

/** handed_parse - what --live-update says: 0 or -EINVAL */
int handed_parse(const char *text, struct handed *h);

#endif
