/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests keep pace with those who hear of their changes.  While a connection
 * is far behind with fetching, who caused its last event is not heard.  So a
 * guest can neither fill the store's memory with events for a program that is
 * stopped, nor cut another guest off by more events than that one may leave:
 * these do not count against its backlog, but have a limit of their own.
 *
 * INVARIANT PACE-1: a guest for which others wait fetches what it has, or it is
 * cut off after PACE_MS.  Programs of the control domain are not cut off.
 */
#ifndef STORE_PACE_H
#define STORE_PACE_H

#include <store/conn.h>

#define PACE_BYTES (256 * 1024)            /* of a guest that are far behind */
#define PACE_DOM0_BYTES (16 * 1024 * 1024) /* of the control domain */
#define PACE_MS 10000

/* What other guests' events may take, in multiples of a guest's backlog. */
#define PACE_BACKLOGS 16

/** pace_limit - bytes that @c's queue may have with the message to come */
size_t pace_limit(const struct conn *c);

/**
 * pace_note - @c got an event of @bytes, unless it is broken now
 *
 * Whoever caused it waits if @c is far behind.
 */
void pace_note(struct conn *c, size_t bytes);

/** pace_fetched - @c's peer fetched something: who waited may go on */
void pace_fetched(struct conn *c);

/** pace_leave - @c goes or begins anew: it waits for nobody, nobody for it */
void pace_leave(struct conn *c);

/** pace_waiting - does anybody wait?  Then pace_turn() must come. */
bool pace_waiting(const struct server *srv);

/** pace_turn - time passes: keep PACE-1 */
void pace_turn(struct server *srv);

#endif
