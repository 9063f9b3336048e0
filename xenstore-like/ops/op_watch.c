/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about watches. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <store/op.h>
#include <store/record.h>

static int watch_path(struct request *rq)
{
    int len = path_parse(rq->arg[0], rq->conn->domid,
                         conn_quota(rq->conn)->path_len, true, rq->path);

    if (len < 0)
        return len;
    rq->path_len = len;
    return 0;
}

/* WATCH path token: "OK", then a first event.  EEXIST.  E2BIG: the quota. */
int op_watch(struct request *rq)
{
    bool relative = rq->arg[0][0] != '/' && !path_is_special(rq->arg[0]);
    size_t skip = 0;
    int err;

    err = watch_path(rq);
    if (err)
        return err;
    if (strlen(rq->arg[1]) > WATCH_TOKEN_MAX)
        return -EINVAL;
    if (request_limited(rq) &&
        rq->conn->nr_watches >= conn_quota(rq->conn)->watches)
        return -E2BIG;

    if (relative)
        skip = rq->path_len - strlen(rq->arg[0]);
    rq->ok = true;
    err = watch_add(rq->conn, rq->path, skip, rq->arg[1], &rq->hello);
    if (!err)
        record_watch(rq->hello);
    return err;
}

/* UNWATCH path token: "OK".  ENOENT. */
int op_unwatch(struct request *rq)
{
    struct watch *w;
    int err;

    err = watch_path(rq);
    if (err)
        return err;
    w = watch_find(rq->conn, rq->path, rq->arg[1]);
    if (!w)
        return -ENOENT;
    record_unwatch(w);
    watch_del(w);
    rq->ok = true;
    return 0;
}

/* RESET_WATCHES: "OK".  A kernel that boots knows of no older watches. */
int op_reset_watches(struct request *rq)
{
    struct conn *c = rq->conn;
    struct watch *w;
    struct txn *t;

    while (!list_empty(&c->watches)) {
        w = list_entry(c->watches.next, struct watch, by_conn);
        record_unwatch(w);
        watch_del(w);
    }
    while (!list_empty(&c->txns)) {
        t = list_entry(c->txns.next, struct txn, link);
        record_txn_end(t);
        txn_abort(t);
    }
    rq->ok = true;
    return 0;
}
