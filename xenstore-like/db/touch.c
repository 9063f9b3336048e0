/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an edit came across, by path; and whose nodes it counted. */
#include <errno.h>
#include <string.h>

#include <store/hash.h>
#include <store/mem.h>
#include <store/parse.h>

#include "touch.h"

#define FEW 8 /* touches that are searched one by one */

static bool touch_is(const struct touch *t, uint32_t hash, const char *path,
                     size_t len)
{
    return t->hash == hash && !strncmp(t->path, path, len) && !t->path[len];
}

static void index_put(struct edit *e, unsigned int nr)
{
    unsigned int at = e->touches[nr].hash;

    while (e->index[at & (e->index_size - 1)])
        at++;
    e->index[at & (e->index_size - 1)] = nr + 1;
}

/* Keep the index at most half full. */
static int index_grow(struct edit *e)
{
    unsigned int size = e->index_size ? e->index_size * 2 : FEW * 4;
    uint32_t *index;

    if (e->nr < FEW || (e->nr + 1) * 2 <= e->index_size)
        return 0;
    index = mem_zalloc(size * sizeof(*index));
    if (!index)
        return -ENOMEM;
    mem_free(e->index);
    e->index = index;
    e->index_size = size;
    for (unsigned int i = 0; i < e->nr; i++)
        index_put(e, i);
    return 0;
}

static struct touch *find(const struct edit *e, uint32_t hash, const char *path,
                          size_t len)
{
    unsigned int nr;

    if (!e->index) {
        for (unsigned int i = 0; i < e->nr; i++) {
            if (touch_is(&e->touches[i], hash, path, len))
                return &e->touches[i];
        }
        return NULL;
    }
    for (uint32_t at = hash;; at++) {
        nr = e->index[at & (e->index_size - 1)];
        if (!nr)
            return NULL;
        if (touch_is(&e->touches[nr - 1], hash, path, len))
            return &e->touches[nr - 1];
    }
}

struct touch *touch_find_hashed(const struct edit *e, uint32_t hash,
                                const char *path, size_t len)
{
    return find(e, hash, path, len);
}

struct touch *touch_find(const struct edit *e, const char *path, size_t len)
{
    return find(e, hash_more(HASH_START, path, len), path, len);
}

struct touch *touch_at(struct edit *e, const char *path, size_t len)
{
    uint32_t hash = hash_more(HASH_START, path, len);
    struct touch *t = find(e, hash, path, len);
    unsigned int room = e->room ? e->room * 2 : 1;

    if (t)
        return t;

    if (index_grow(e))
        return NULL;
    if (e->nr == e->room) {
        t = mem_resize(e->touches, room * sizeof(*t));
        if (!t)
            return NULL;
        e->touches = t;
        e->room = room;
    }
    t = &e->touches[e->nr];
    memset(t, 0, sizeof(*t));
    t->hash = hash;
    t->path = mem_strdup(path, len);
    if (!t->path)
        return NULL;
    e->nr++;
    if (e->index)
        index_put(e, e->nr - 1);
    return t;
}

void edit_init(struct edit *e, struct node **root, bool logged)
{
    memset(e, 0, sizeof(*e));
    e->root = root;
    e->logged = logged;
}

void edit_clear(struct edit *e)
{
    for (unsigned int i = 0; i < e->nr; i++) {
        mem_free(e->touches[i].path);
        node_put(e->touches[i].gone);
        perms_put(e->touches[i].old_perms);
    }
    mem_free(e->touches);
    mem_free(e->index);
    acct_clear(&e->acct);
    memset(e, 0, sizeof(*e));
}

static struct acct_entry *acct_find(const struct acct *a, uint16_t domid)
{
    for (unsigned int i = 0; i < a->nr; i++) {
        if (a->e[i].domid == domid)
            return &a->e[i];
    }
    return NULL;
}

int acct_room(struct acct *a, uint16_t domid)
{
    unsigned int room = a->room ? a->room * 2 : 2;
    struct acct_entry *e;

    if (acct_find(a, domid))
        return 0;
    if (a->nr == a->room) {
        e = mem_resize(a->e, room * sizeof(*e));
        if (!e)
            return -ENOMEM;
        a->e = e;
        a->room = room;
    }
    a->e[a->nr++] = (struct acct_entry){ .domid = domid };
    return 0;
}

void acct_add(struct acct *a, uint16_t domid, int nodes, long bytes)
{
    struct acct_entry *e = acct_find(a, domid);

    e->delta += nodes;
    e->bytes += bytes;
}

long acct_bytes(const struct acct *a, uint16_t domid)
{
    const struct acct_entry *e = acct_find(a, domid);

    return e ? e->bytes : 0;
}

int acct_delta(const struct acct *a, uint16_t domid)
{
    const struct acct_entry *e = acct_find(a, domid);

    return e ? e->delta : 0;
}

void acct_clear(struct acct *a)
{
    mem_free(a->e);
    memset(a, 0, sizeof(*a));
}

struct below {
    struct acct *acct;
    int err;
};

static bool room_visit(void *arg, const struct node *n, const char *path,
                       size_t len)
{
    struct below *b = arg;

    (void)path;
    (void)len;
    if (!b->err)
        b->err = acct_room(b->acct, perms_owner(n->perms));
    return !b->err;
}

static bool drop_visit(void *arg, const struct node *n, const char *path,
                       size_t len)
{
    (void)path;
    (void)len;
    acct_add(arg, perms_owner(n->perms), -1, -node_bytes(n));
    return true;
}

int acct_room_below(struct acct *a, const struct node *n)
{
    struct below b = { a, 0 };
    char path[PATH_ROOM] = "";

    node_walk(n, path, 0, room_visit, &b);
    return b.err;
}

void acct_drop_below(struct acct *a, const struct node *n)
{
    char path[PATH_ROOM] = "";

    node_walk(n, path, 0, drop_visit, a);
}
