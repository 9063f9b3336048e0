/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The access log: a line for each request. */
#ifndef DAEMON_ACCESS_H
#define DAEMON_ACCESS_H

#include <store/buf.h>
#include <store/server.h>

struct access_log {
    int fd;
    struct buf lines; /* of this round */
    uint64_t dropped; /* lines that could not be written */
};

/**
 * access_open - append a line for each request to a file from now on
 *
 * A line has the domain, the request's and the transaction's number, its type,
 * 0 or the negative error number, the nanoseconds it took and the beginning of
 * its payload.  Returns: 0; a negative errno.
 */
int access_open(struct access_log *a, const char *path, struct server *srv);

/** access_round - write the lines of this round */
void access_round(struct access_log *a);

/** access_close - the same, and close the file */
void access_close(struct access_log *a);

#endif
