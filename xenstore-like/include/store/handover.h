/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole state, to the program that takes this one's place. */
#ifndef STORE_HANDOVER_H
#define STORE_HANDOVER_H

#include <store/replay.h>

/**
 * handover_write - write all that there is to a file
 * @fd: an empty file, written from its beginning
 *
 * The connections by socket that are to be handed over have their handed_fd
 * set; nothing is to be settled.
 * Returns: 0; a negative errno.
 */
int handover_write(struct server *srv, int fd);

/**
 * handover_read - make a store again from what handover_write() wrote
 * @r: r->srv is a new store; r->by_fd has the sockets then.  The caller calls
 *     replay_done().
 *
 * Returns: 0; -EINVAL it is not whole; another negative errno.
 */
int handover_read(struct replay *r, int fd);

#endif
