/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions: an edit of a snapshot, merged into the store at the end. */
#include <errno.h>

#include <store/mem.h>
#include <store/favour.h>
#include <store/txn.h>

int txn_start(struct conn *c, struct txn **out)
{
    struct server *srv = c->srv;
    uint32_t id;

    if (c->domid && c->nr_txns >= conn_quota(c)->txns)
        return -ENOSPC;
    do {
        id = ++srv->last_txn;
    } while (!id || txn_find(c, id));
    return txn_again(c, id, out);
}

int txn_again(struct conn *c, uint32_t id, struct txn **out)
{
    struct server *srv = c->srv;
    struct txn *t = mem_zalloc(sizeof(*t));

    if (!t)
        return -ENOMEM;
    t->id = id;
    t->conn = c;
    t->base = node_get(srv->root);
    t->root = node_get(srv->root);
    edit_init(&t->edit, &t->root, true);
    list_init(&t->link);
    list_add_tail(&c->txns, &t->link);
    c->nr_txns++;
    favour_begun(t);
    *out = t;
    return 0;
}

struct txn *txn_find(const struct conn *c, uint32_t id)
{
    struct list *pos, *next;
    struct txn *t;

    for (LIST_EACH(pos, next, &c->txns)) {
        t = list_entry(pos, struct txn, link);
        if (t->id == id)
            return t;
    }
    return NULL;
}

/* End a transaction; @err as for favour_over(). */
static void txn_end(struct txn *t, int err)
{
    favour_over(t, err);
    list_del(&t->link);
    t->conn->nr_txns--;
    edit_clear(&t->edit);
    buf_clear(&t->done);
    node_put(t->base);
    node_put(t->root);
    mem_free(t);
}

void txn_abort(struct txn *t) { txn_end(t, -ECANCELED); }

/* Would the transaction's domain own more nodes than it may? */
static bool over_quota(const struct txn *t, const struct acct *acct)
{
    const struct server *srv = t->conn->srv;
    uint16_t domid = t->conn->domid;
    int more = acct_delta(acct, domid);
    long bytes = acct_bytes(acct, domid);

    if (!domid)
        return false;
    if (bytes > 0 && srv->bytes[domid] + bytes > conn_quota(t->conn)->memory)
        return true;
    return more > 0 &&
           srv->nodes[domid] + more > (int)conn_quota(t->conn)->nodes;
}

/* @root, whose reference moves, is the store's tree from now on. */
static void become(struct txn *t, struct node *root)
{
    struct server *srv = t->conn->srv;

    edit_settle(&t->edit, srv->root, root);
    node_put(srv->root);
    srv->root = root;
    server_publish(srv, &t->edit);
}

/* Nobody else changed anything: the transaction's tree is the result. */
static int commit_whole(struct txn *t)
{
    if (over_quota(t, &t->edit.acct))
        return -ENOSPC;
    become(t, node_get(t->root));
    return 0;
}

static int commit_merged(struct txn *t)
{
    struct server *srv = t->conn->srv;
    struct node *root = node_get(srv->root);
    struct acct acct = { 0 };
    int err;

    err = edit_merge(&t->edit, &root, &acct, server_gen(srv));
    if (!err && over_quota(t, &acct))
        err = -ENOSPC;
    if (err) {
        node_put(root);
        acct_clear(&acct);
        return err;
    }
    acct_clear(&t->edit.acct);
    t->edit.acct = acct;
    become(t, root);
    return 0;
}

int txn_commit(struct txn *t)
{
    const struct server *srv = t->conn->srv;
    int err;

    if (t->stale || favour_forbids(t))
        err = -EAGAIN;
    else if (srv->root == t->base)
        err = commit_whole(t);
    else if (edit_conflicts(&t->edit, t->base, srv->root))
        err = -EAGAIN;
    else
        err = commit_merged(t);
    txn_end(t, err);
    return err;
}
