/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches, by path. */
#include <errno.h>
#include <string.h>

#include <store/hash.h>
#include <store/mem.h>
#include <store/parse.h>
#include <store/watch.h>

#include "touch.h"

#define BUCKETS_MIN 64

static struct wpath **bucket_of(const struct watches *ws, uint32_t hash)
{
    return &ws->bucket[hash & (ws->nr_buckets - 1)];
}

static struct wpath *wpath_find(const struct watches *ws, uint32_t hash,
                                const char *path, size_t len)
{
    struct wpath *p = ws->nr_buckets ? *bucket_of(ws, hash) : NULL;

    while (p &&
           (p->hash != hash || p->len != len || memcmp(p->path, path, len)))
        p = p->next;
    return p;
}

/* Twice the buckets when there are as many paths.  0 or -ENOMEM. */
static int watches_grow(struct watches *ws)
{
    struct watches more = { .nr = ws->nr };
    struct wpath *p;

    if (ws->nr < ws->nr_buckets)
        return 0;
    more.nr_buckets = ws->nr_buckets ? ws->nr_buckets * 2 : BUCKETS_MIN;
    more.bucket = mem_zalloc(more.nr_buckets * sizeof(struct wpath *));
    if (!more.bucket)
        return -ENOMEM;
    for (size_t i = 0; i < ws->nr_buckets; i++) {
        while ((p = ws->bucket[i])) {
            ws->bucket[i] = p->next;
            p->next = *bucket_of(&more, p->hash);
            *bucket_of(&more, p->hash) = p;
        }
    }
    mem_free(ws->bucket);
    *ws = more;
    return 0;
}

static struct wpath *wpath_get(struct watches *ws, const char *path)
{
    size_t len = strlen(path);
    uint32_t hash = hash_more(HASH_START, path, len);
    struct wpath *p = wpath_find(ws, hash, path, len);

    if (p || watches_grow(ws))
        return p;
    p = mem_alloc(sizeof(*p) + len + 1);
    if (!p)
        return NULL;
    list_init(&p->watches);
    p->hash = hash;
    p->len = len;
    memcpy(p->path, path, len + 1);
    p->next = *bucket_of(ws, hash);
    *bucket_of(ws, hash) = p;
    ws->nr++;
    return p;
}

static void wpath_put(struct watches *ws, struct wpath *p)
{
    struct wpath **link = bucket_of(ws, p->hash);

    if (!list_empty(&p->watches))
        return;
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    ws->nr--;
    mem_free(p);
}

struct watch *watch_find(const struct conn *c, const char *path,
                         const char *token)
{
    size_t len = strlen(path);
    struct wpath *p = wpath_find(&c->srv->watches,
                                 hash_more(HASH_START, path, len), path, len);
    struct list *pos, *next;
    struct watch *w;

    if (!p)
        return NULL;
    for (LIST_EACH(pos, next, &p->watches)) {
        w = list_entry(pos, struct watch, by_path);
        if (w->conn == c && !strcmp(w->token, token))
            return w;
    }
    return NULL;
}

int watch_add(struct conn *c, const char *path, size_t skip, const char *token,
              struct watch **out)
{
    size_t room = sizeof(struct watch) + strlen(token) + 1;
    struct watch *w;

    if (watch_find(c, path, token))
        return -EEXIST;
    w = mem_alloc(room);
    if (!w)
        return -ENOMEM;
    w->at = wpath_get(&c->srv->watches, path);
    if (!w->at) {
        mem_free(w);
        return -ENOMEM;
    }
    w->conn = c;
    w->skip = skip;
    strcpy(w->token, token);
    list_init(&w->by_conn);
    list_init(&w->by_path);
    list_add_tail(&c->watches, &w->by_conn);
    list_add_tail(&w->at->watches, &w->by_path);
    c->nr_watches++;
    *out = w;
    return 0;
}

void watch_del(struct watch *w)
{
    list_del(&w->by_conn);
    list_del(&w->by_path);
    w->conn->nr_watches--;
    wpath_put(&w->conn->srv->watches, w->at);
    mem_free(w);
}

static void watch_send(const struct watch *w, const char *path, size_t len)
{
    conn_event(w->conn, path + w->skip, len - w->skip, w->token);
}

void watch_hello(const struct watch *w)
{
    watch_send(w, w->at->path, w->at->len);
}

/* What happened, for the question who may know. */
struct event {
    struct server *srv;
    const struct edit *edit;
    const char *path;
    size_t len;
    const struct perms *before; /* the node's, or NULL */
    bool looked;                /* look() found the node's now, */
    const struct perms *now;    /* or NULL, */
    const struct perms *parent; /* and that of the node above it, or NULL */
};

/* Once for all who watch: the path may be a thousand names long. */
static void look(struct event *ev)
{
    char up[PATH_ROOM];
    const struct node *n;
    size_t len = ev->len > 1 ? path_parent_len(ev->path, ev->len) : 1;

    if (ev->looked)
        return;
    ev->looked = true;
    memcpy(up, ev->path, len);
    up[len] = '\0';
    n = tree_find(ev->srv->root, up);
    ev->parent = n ? n->perms : NULL;
    n = tree_find(ev->srv->root, ev->path);
    ev->now = n ? n->perms : NULL;
}

static bool readable(const struct perms *perms, const struct who *who)
{
    return perms && (perms_allow(perms, who) & PERM_READ);
}

/*
 * May the owner of @w know of the event?  Who can read the node can see it
 * change; who can read its parent can see it come and go.
 */
static bool may_know(const struct watch *w, struct event *ev)
{
    struct who who;

    conn_who(w->conn, &who);
    if (who.privileged || readable(ev->before, &who))
        return true;
    if (path_is_special(ev->path))
        return false;
    look(ev);
    return readable(ev->now, &who) || readable(ev->parent, &who);
}

/* Tell those who watch the first @len bytes of the event's path. */
static void tell(struct event *ev, uint32_t hash, size_t len)
{
    struct wpath *p = wpath_find(&ev->srv->watches, hash, ev->path, len);
    struct list *pos, *next;
    struct watch *w;

    if (!p)
        return;
    for (LIST_EACH(pos, next, &p->watches)) {
        w = list_entry(pos, struct watch, by_path);
        if (may_know(w, ev))
            watch_send(w, ev->path, ev->len);
    }
}

/*
 * A node below one that was taken out: only who watches that very path.  What
 * the edit touched as well has events of its own.
 */
static bool gone_visit(void *arg, const struct node *n, const char *path,
                       size_t len)
{
    const struct event *top = arg;
    struct event ev = { .srv = top->srv,
                        .edit = top->edit,
                        .path = path,
                        .len = len,
                        .before = n->perms };
    const struct touch *t;

    if (len == top->len)
        return true;
    t = top->edit->nr > 1 ? touch_find(top->edit, path, len) : NULL;
    if (!t || !t->fire)
        tell(&ev, hash_more(HASH_START, path, len), len);
    return !t || !t->gone;
}

static void fire(struct server *srv, const struct edit *e,
                 const struct touch *t)
{
    struct event ev = { .srv = srv, .edit = e, .path = t->path };
    uint32_t hash = HASH_START;
    char path[PATH_ROOM];
    size_t slash = 0;

    ev.len = strlen(t->path);
    ev.before = t->gone ? t->gone->perms : t->old_perms;

    tell(&ev, hash_more(hash, "/", 1), 1);
    for (size_t i = 1; ev.len > 1 && i <= ev.len; i++) {
        if (i < ev.len && ev.path[i] != '/')
            continue;
        hash = hash_more(hash, ev.path + slash, i - slash);
        slash = i;
        tell(&ev, hash, i);
    }
    if (t->gone) {
        memcpy(path, t->path, ev.len + 1);
        node_walk(t->gone, path, ev.len, gone_visit, &ev);
    }
}

void watch_fire(struct server *srv, const struct edit *e)
{
    for (unsigned int i = 0; i < e->nr && srv->watches.nr; i++) {
        if (e->touches[i].fire)
            fire(srv, e, &e->touches[i]);
    }
}

void watch_fire_special(struct server *srv, enum special which)
{
    struct event ev = { .srv = srv, .path = special_name[which] };

    ev.len = strlen(ev.path);
    ev.before = srv->special[which];
    tell(&ev, hash_more(HASH_START, ev.path, ev.len), ev.len);
}
