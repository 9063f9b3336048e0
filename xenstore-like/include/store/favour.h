/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Help for transactions that starve.  Who lost FAVOUR_LOSSES commits in a row
 * is favoured with its next transaction: no other commit may spoil what that
 * has touched, or what the last one that it lost had.  Changes outside of
 * transactions that would are held until it has ended, once each, so that they
 * starve neither.  Only one is favoured at a time; the others that starve wait
 * with the beginning of theirs, in order.  So those who quarrel over some nodes
 * take turns, and all others go on as if nothing were.
 *
 * A guest could starve on purpose to hold up others.  So nobody waits for what
 * it had no right to, and the control domain, with whose one ring all backends
 * would wait, for nothing of it: its turn comes at once when it starves, and
 * guests then begin without one.
 *
 * INVARIANT FAVOUR-1: a connection waits only while another one is favoured,
 * and whoever is favoured is so for a bounded time: favour_expire() ends it.
 */
#ifndef STORE_FAVOUR_H
#define STORE_FAVOUR_H

#include <store/conn.h>
#include <store/txn.h>

#define FAVOUR_LOSSES 2   /* EAGAIN, one after the other, before help */
#define FAVOUR_PENANCE 3  /* more of them after help that was let expire */
#define FAVOUR_TURNS 4096 /* of any connections, that help may last */
#define FAVOUR_MS 250     /* likewise, */
#define FAVOUR_IDLE_MS 20 /* and without anything to do */

/**
 * favour_admit - may @c begin a transaction now?
 *
 * Returns: false: @c waits, and the host hears that it is ready later.
 */
bool favour_admit(struct conn *c);

/**
 * favour_holds - must a change of @path by @c, outside of transactions, wait?
 * @removed: it is taken out
 *
 * Returns: true: @c waits, and the host hears that it is ready later; the same
 *          change is not held again.
 */
bool favour_holds(struct conn *c, const char *path, bool removed);

/** favour_begun - @t was begun; it is the favoured one if that is @c's turn */
void favour_begun(struct txn *t);

/** favour_forbids - would the commit of @t spoil the favoured transaction? */
bool favour_forbids(const struct txn *t);

/** favour_over - @t ended with @err: 0 committed, -EAGAIN lost, or else */
void favour_over(struct txn *t, int err);

/** favour_leave - @c goes or begins anew: it waits for nothing */
void favour_leave(struct conn *c);

/** favour_turn - some connection had a turn: what is bounded comes nearer */
void favour_turn(struct server *srv);

/** favour_waiting - does anybody wait?  Then favour_expire() must come. */
bool favour_waiting(const struct server *srv);

/** favour_expire - nothing happened for a while: the next one's turn */
void favour_expire(struct server *srv);

#endif
