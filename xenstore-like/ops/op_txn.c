/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about transactions. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <store/op.h>
#include <store/record.h>

/* TRANSACTION_START: the id in decimal.  EBUSY: inside another one. */
int op_transaction_start(struct request *rq)
{
    struct txn *t;
    char id[12];
    int len, err;

    if (rq->txn)
        return -EBUSY;
    err = txn_start(rq->conn, &t);
    if (err)
        return err;
    len = snprintf(id, sizeof(id), "%u", t->id);
    err = buf_append(&rq->out, id, len + 1);
    if (err)
        txn_abort(t);
    else
        record_txn(t, NULL, 0);
    return err;
}

/*
 * TRANSACTION_END T or F: "OK".  EAGAIN: somebody was faster, begin again.
 * ENOENT: there is no such transaction.
 */
int op_transaction_end(struct request *rq)
{
    bool commit = !strcmp(rq->arg[0], "T");

    if (!commit && strcmp(rq->arg[0], "F"))
        return -EINVAL;
    if (!rq->txn)
        return -ENOENT;

    rq->ok = true;
    record_txn_end(rq->txn);
    if (commit)
        return txn_commit(rq->txn);
    txn_abort(rq->txn);
    return 0;
}
