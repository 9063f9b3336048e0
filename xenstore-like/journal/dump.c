/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole state as records, in small steps. */
#include <errno.h>
#include <string.h>

#include <store/dump.h>
#include <store/mem.h>

static int level_push(struct dump *d, const struct node *n, size_t path_len)
{
    size_t room = d->room ? d->room * 2 : 16;
    struct dump_level *level;

    if (d->nr == d->room) {
        level = mem_resize(d->level, room * sizeof(*level));
        if (!level)
            return -ENOMEM;
        d->level = level;
        d->room = room;
    }
    d->level[d->nr++] = (struct dump_level){ n, path_len, 0 };
    return 0;
}

int dump_begin(struct dump *d, struct server *srv)
{
    memset(d, 0, sizeof(*d));
    d->srv = srv;
    d->root = node_get(srv->root);
    strcpy(d->path, "/");
    return level_push(d, d->root, 1);
}

void dump_end(struct dump *d)
{
    node_put(d->root);
    mem_free(d->level);
    buf_clear(&d->records.batch);
    memset(d, 0, sizeof(*d));
}

static void dump_start(struct dump *d)
{
    record_counters(d->srv);
    for (size_t i = 0; i < nr_quota_rows; i++)
        record_quota(d->srv, NULL, &quota_rows[i]);
    for (int i = 0; i < NR_SPECIALS; i++)
        record_special(d->srv, i);
    record_node(d->srv, "/", 1, d->root);
    d->begun = true;
}

static void dump_domain(struct dump *d, const struct domain *dom)
{
    record_domain(d->srv, dom);
    for (size_t i = 0; dom->quota && i < nr_quota_rows; i++)
        record_quota(d->srv, dom, &quota_rows[i]);
    if (dom->conn)
        record_all_of(dom->conn);
}

/* A walk through the children of one node. */
struct visit {
    struct dump *d;
    struct dump_level *top;
    size_t at;               /* where a child's name stands in the path */
    size_t bytes;            /* records that are enough */
    const struct node *down; /* a child that has children itself, or NULL */
};

static bool dump_kid(void *arg, const struct node *kid)
{
    struct visit *v = arg;

    memcpy(v->d->path + v->at, kid->text, kid->name_len);
    record_node(v->d->srv, v->d->path, v->at + kid->name_len, kid);
    v->top->from += kid->name_len + 1;
    if (node_list_bytes(kid))
        v->down = kid;
    return !v->down && buf_len(&v->d->records.batch) < v->bytes;
}

/* Children of the deepest level, as far as one that has some itself. */
static int dump_kids(struct dump *d, size_t bytes)
{
    struct visit v = { .d = d, .top = &d->level[d->nr - 1], .bytes = bytes };

    v.at = v.top->path_len > 1 ? v.top->path_len + 1 : 1;
    d->path[v.at - 1] = '/';
    node_list(v.top->n, v.top->from, dump_kid, &v);
    if (v.down)
        return level_push(d, v.down, v.at + v.down->name_len);
    if (v.top->from >= node_list_bytes(v.top->n))
        d->nr--;
    return 0;
}

int dump_step(struct dump *d, size_t bytes)
{
    struct records *live = d->srv->records;
    struct domain *dom;
    int err = 0;

    d->srv->records = &d->records;
    if (!d->begun)
        dump_start(d);
    while (!err && !d->records.lost && buf_len(&d->records.batch) < bytes) {
        if (d->domid < DOMID_FIRST_RESERVED) {
            dom = server_domain(d->srv, d->domid++);
            if (dom)
                dump_domain(d, dom);
        } else if (d->nr) {
            err = dump_kids(d, bytes);
        } else {
            break;
        }
    }
    d->srv->records = live;
    if (d->records.lost)
        err = -ENOMEM;
    return err ? err : d->nr || d->domid < DOMID_FIRST_RESERVED;
}
