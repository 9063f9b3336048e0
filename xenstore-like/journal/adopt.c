/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that were read from records get a peer, or go. */
#include <string.h>

#include <store/mem.h>
#include <store/op.h>
#include <store/replay.h>

/* It sees the tree as it is now that all is read. */
static void txn_refresh(struct txn *t)
{
    const struct node *now = t->conn->srv->root;

    node_put(t->base);
    node_put(t->root);
    t->base = node_get(now);
    t->root = node_get(now);
}

/* Do again what a transaction had done; nobody waits for the replies. */
static void txn_redo(struct txn *t)
{
    size_t before = buf_len(&t->conn->out);
    struct buf done = t->done;
    char data[XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg hdr;

    memset(&t->done, 0, sizeof(t->done));
    while (buf_len(&done) >= sizeof(hdr)) {
        memcpy(&hdr, buf_head(&done), sizeof(hdr));
        if (hdr.len > XENSTORE_PAYLOAD_MAX ||
            buf_len(&done) - sizeof(hdr) < hdr.len)
            break;
        memcpy(data, buf_head(&done) + sizeof(hdr), hdr.len);
        data[hdr.len] = '\0';
        buf_taken(&done, sizeof(hdr) + hdr.len);
        dispatch(t->conn, &hdr, data);
    }
    buf_clear(&done);
    buf_cut(&t->conn->out, before);
}

void replay_adopt(struct conn *c, struct conn *from)
{
    struct list *pos, *next;
    struct txn *t;

    c->in = from->in;
    c->out = from->out;
    c->in_pos = from->in_pos;
    c->out_pos = from->out_pos;
    c->kept = c->pushed = buf_len(&c->out);
    memset(&from->in, 0, sizeof(from->in));
    memset(&from->out, 0, sizeof(from->out));

    for (LIST_EACH(pos, next, &from->watches)) {
        list_del(pos);
        list_add_tail(&c->watches, pos);
        list_entry(pos, struct watch, by_conn)->conn = c;
    }
    c->nr_watches = from->nr_watches;
    for (LIST_EACH(pos, next, &from->txns)) {
        t = list_entry(pos, struct txn, link);
        list_del(pos);
        list_add_tail(&c->txns, pos);
        t->conn = c;
        txn_refresh(t);
        txn_redo(t);
        t->stale = true;
    }
    c->nr_txns = from->nr_txns;
    from->nr_watches = from->nr_txns = 0;
    replay_drop(from);
}

void replay_drop(struct conn *from)
{
    if (from->dom && from->dom->conn == from)
        from->dom->conn = NULL;
    conn_fini(from);
    mem_free(from);
}

void replay_drop_all(struct server *srv)
{
    struct domain *dom;

    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++) {
        dom = server_domain(srv, i);
        if (dom && dom->conn)
            replay_drop(dom->conn);
    }
}
