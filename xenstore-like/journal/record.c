/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens in the store, as records. */
#include <string.h>

#include <store/record.h>

/* Room for one record; where to write, or NULL. */
static char *room(struct server *srv, size_t len)
{
    struct records *r = srv->records;
    char *p;

    if (!r)
        return NULL;
    p = buf_reserve(&r->batch, len);
    if (!p) {
        r->lost = true;
        return NULL;
    }
    buf_added(&r->batch, len);
    return p;
}

static char *put(char *p, const void *data, size_t len)
{
    if (len)
        memcpy(p, data, len);
    return p + len;
}

static char *put8(char *p, uint8_t v) { return put(p, &v, sizeof(v)); }
static char *put16(char *p, uint16_t v) { return put(p, &v, sizeof(v)); }
static char *put32(char *p, uint32_t v) { return put(p, &v, sizeof(v)); }
static char *put64(char *p, uint64_t v) { return put(p, &v, sizeof(v)); }

/* A string of bytes: its length, then they. */
static char *put_bytes(char *p, const void *data, size_t len)
{
    return put(put32(p, len), data, len);
}

static size_t perms_room(const struct perms *perms)
{
    return 8 + 4 + 3 * (size_t)perms->nr;
}

static char *put_perms(char *p, const struct perms *perms)
{
    p = put32(put64(p, perms->gen), perms->nr);
    for (uint32_t i = 0; i < perms->nr; i++)
        p = put8(put16(p, perms->e[i].domid), perms->e[i].access);
    return p;
}

void record_node(struct server *srv, const char *path, size_t path_len,
                 const struct node *n)
{
    char *p = room(srv, 1 + 8 + perms_room(n->perms) + 4 + path_len + 4 +
                            n->value_len);

    if (!p)
        return;
    p = put64(put8(p, REC_PUT), n->gen);
    p = put_bytes(put_perms(p, n->perms), path, path_len);
    put_bytes(p, node_value(n), n->value_len);
}

static void record_remove(struct server *srv, const char *path)
{
    size_t len = strlen(path);
    char *p = room(srv, 1 + 8 + 4 + len);

    if (p)
        put_bytes(put64(put8(p, REC_REMOVE), srv->gen), path, len);
}

void record_edit(struct server *srv, const struct edit *e)
{
    const struct touch *t;
    const struct node *n;

    if (!srv->records)
        return;
    /* All removals before all that exists now: that stays. */
    for (unsigned int i = 0; i < e->nr; i++) {
        if (e->touches[i].removed)
            record_remove(srv, e->touches[i].path);
    }
    for (unsigned int i = 0; i < e->nr; i++) {
        t = &e->touches[i];
        if (!t->changed && !t->removed)
            continue;
        n = t->node ? t->node : tree_find(srv->root, t->path);
        if (n)
            record_node(srv, t->path, strlen(t->path), n);
    }
}

void record_domain(struct server *srv, const struct domain *dom)
{
    char *p = room(srv, 1 + 2 + 2 + 1 + 4 + 8);
    uint8_t flags = (dom->introduced ? REC_INTRODUCED : 0) |
                    (dom->shutdown ? REC_SHUTDOWN : 0);

    if (!p)
        return;
    p = put16(put16(put8(p, REC_DOMAIN), dom->domid), dom->target);
    put64(put32(put8(p, flags), dom->port), dom->born);
}

void record_forget(struct server *srv, uint16_t domid)
{
    char *p = room(srv, 1 + 2);

    if (p)
        put16(put8(p, REC_FORGET), domid);
}

int64_t record_who(const struct conn *c)
{
    if (c->dom)
        return c->domid;
    return c->handed_fd ? (int64_t)REC_SOCKET + c->handed_fd : -1;
}

void record_conn(struct conn *c)
{
    size_t fresh = buf_len(&c->out) - c->kept;
    int64_t who = record_who(c);
    char *p;

    if (who < 0 || (!fresh && c->in_pos == c->in_kept))
        return;
    p = room(c->srv, 1 + 4 * 4 + 4 + buf_len(&c->in) + 4 + fresh);
    if (!p)
        return;
    p = put32(put32(put8(p, REC_CONN), who), c->in_pos);
    p = put32(put32(p, c->out_pos), c->out_pos + c->kept);
    p = put_bytes(p, buf_head(&c->in), buf_len(&c->in));
    put_bytes(p, buf_head(&c->out) + c->kept, fresh);
    c->kept = buf_len(&c->out);
    c->in_kept = c->in_pos;
}

static char *start(const struct conn *c, enum record_type type, size_t len)
{
    int64_t who = c->srv->records ? record_who(c) : -1;
    char *p = who < 0 ? NULL : room(c->srv, 1 + 4 + len);

    return p ? put32(put8(p, type), who) : NULL;
}

void record_reset(const struct conn *c) { start(c, REC_RESET, 0); }

void record_watch(const struct watch *w)
{
    size_t token_len = strlen(w->token);
    char *p = start(w->conn, REC_WATCH, 4 + 4 + w->at->len + 4 + token_len);

    if (!p)
        return;
    p = put_bytes(put32(p, w->skip), w->at->path, w->at->len);
    put_bytes(p, w->token, token_len);
}

void record_unwatch(const struct watch *w)
{
    size_t token_len = strlen(w->token);
    char *p = start(w->conn, REC_UNWATCH, 4 + w->at->len + 4 + token_len);

    if (p)
        put_bytes(put_bytes(p, w->at->path, w->at->len), w->token, token_len);
}

void record_txn(const struct txn *t, const void *request, size_t len)
{
    char *p = start(t->conn, REC_TXN, 4 + 4 + len);

    if (p)
        put_bytes(put32(p, t->id), request, len);
}

void record_txn_end(const struct txn *t)
{
    char *p = start(t->conn, REC_TXN_END, 4);

    if (p)
        put32(p, t->id);
}

void record_special(struct server *srv, enum special which)
{
    char *p = room(srv, 1 + 1 + perms_room(srv->special[which]));

    if (p)
        put_perms(put8(put8(p, REC_SPECIAL), which), srv->special[which]);
}

void record_quota(struct server *srv, const struct domain *dom,
                  const struct quota_row *row)
{
    struct quota *q = dom ? dom->quota : &srv->quota;
    size_t len = strlen(row->name);
    char *p = room(srv, 1 + 2 + 4 + 4 + len);

    if (!p)
        return;
    p = put16(put8(p, REC_QUOTA), dom ? dom->domid : DOMID_INVALID);
    put_bytes(put32(p, *quota_at(q, row)), row->name, len);
}

void record_counters(struct server *srv)
{
    char *p = room(srv, 1 + 8 + 4);

    if (p)
        put32(put64(put8(p, REC_COUNTERS), srv->gen), srv->last_txn);
}

void record_all_of(struct conn *c)
{
    struct list *pos, *next;
    const struct txn *t;

    record_reset(c);
    for (LIST_EACH(pos, next, &c->watches))
        record_watch(list_entry(pos, struct watch, by_conn));
    for (LIST_EACH(pos, next, &c->txns)) {
        t = list_entry(pos, struct txn, link);
        record_txn(t, buf_head(&t->done), buf_len(&t->done));
    }
    c->kept = 0;
    c->in_kept = ~c->in_pos; /* all of it */
    record_conn(c);
}
