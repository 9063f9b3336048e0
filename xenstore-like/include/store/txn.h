/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions: an edit of a snapshot, merged into the store at the end. */
#ifndef STORE_TXN_H
#define STORE_TXN_H

#include <store/conn.h>
#include <store/edit.h>

struct txn {
    struct list link; /* conn->txns */
    struct conn *conn;
    uint32_t id;       /* not 0 */
    struct node *base; /* the tree when it began */
    struct node *root; /* the tree as it sees it */
    struct edit edit;
    struct buf done; /* the requests that changed something, for the journal */
    bool stale;      /* it began under another server: it cannot commit */
};

/**
 * txn_start - begin a transaction, in constant time
 * @out: set to it
 *
 * Returns: 0; -ENOSPC the connection's domain has too many; -ENOMEM.
 */
int txn_start(struct conn *c, struct txn **out);

/**
 * txn_again - a transaction that another server gave that id
 *
 * Returns: as txn_start().
 */
int txn_again(struct conn *c, uint32_t id, struct txn **out);

/** txn_find - the transaction of @c with that id, or NULL */
struct txn *txn_find(const struct conn *c, uint32_t id);

/** txn_abort - end a transaction; nothing of it remains */
void txn_abort(struct txn *t);

/**
 * txn_commit - make what a transaction did the store's state
 *
 * It is over whatever this returns.  The watches fire before it returns.
 * Returns: 0; -EAGAIN somebody else changed what it relied on, or it would
 *          spoil the transaction that is favoured; -ENOSPC its domain would
 *          own too many nodes; -ENOMEM.
 */
int txn_commit(struct txn *t);

#endif
