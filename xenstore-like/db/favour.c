/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help for transactions that starve; keeps FAVOUR-1. */
#include <errno.h>
#include <string.h>

#include <store/favour.h>
#include <store/hash.h>
#include <store/parse.h>

#include "touch.h"

static struct conn *wake_first(struct list *list)
{
    struct conn *c = list_entry(list->next, struct conn, waiting);

    list_del(&c->waiting);
    c->srv->host->ready(c->srv, c);
    return c;
}

static void begin(struct favour *f, struct conn *c)
{
    f->conn = c;
    f->txn = NULL;
    f->turns = 0;
    f->since_ns = stats_now(c->srv);
}

/*
 * Give the favour to the first of those who wait, or to nobody.  What was held
 * comes first, and so before the beginning of the next one's transaction.
 */
static void pass_on(struct favour *f)
{
    f->conn = NULL;
    f->txn = NULL;
    while (!list_empty(&f->held))
        wake_first(&f->held);
    if (!list_empty(&f->waiting))
        begin(f, wake_first(&f->waiting));
}

/* Has @c anything to wait for?  The control domain waits for no guest. */
static bool binds(const struct favour *f, const struct conn *c)
{
    return !f->conn->domid || c->domid;
}

/* The control domain's turn comes while a guest has one: none waits then. */
static void take_turn(struct favour *f, struct conn *c)
{
    while (!list_empty(&f->held))
        wake_first(&f->held);
    while (!list_empty(&f->waiting))
        wake_first(&f->waiting);
    begin(f, c);
}

bool favour_admit(struct conn *c)
{
    struct favour *f = &c->srv->favour;
    bool starves = c->losses >= FAVOUR_LOSSES && !c->dawdled;

    if (starves && (!f->conn || !binds(f, c)))
        take_turn(f, c);
    if (!f->conn)
        c->contends = false;
    if (!f->conn || f->conn == c || c->dawdled ||
        !f->conn->domid != !c->domid ||
        (!c->contends && c->losses < FAVOUR_LOSSES))
        return true;
    list_add_tail(&f->waiting, &c->waiting);
    return false;
}

void favour_begun(struct txn *t)
{
    struct favour *f = &t->conn->srv->favour;

    if (f->conn == t->conn && !f->txn)
        f->txn = t;
}

/* Nobody waits for what a guest tried without having the right to it. */
static bool counts(const struct touch *t)
{
    return t && (t->seen & SEEN_RIGHTLY);
}

/* Does a change of @path, by others, spoil what @e relied on? */
static bool spoils(const struct edit *e, const char *path, bool removed)
{
    size_t len = strlen(path), up;
    const struct touch *t;

    if (counts(touch_find(e, path, len)))
        return true;
    if (len > 1) {
        up = path_parent_len(path, len);
        t = touch_find(e, path, up);
        if (counts(t) && (t->seen & SEEN_KIDS))
            return true;
    }
    for (unsigned int i = 0; removed && i < e->nr; i++) {
        t = &e->touches[i];
        if (counts(t) && !strncmp(t->path, path, len) && t->path[len] == '/')
            return true;
    }
    return false;
}

/* Likewise, for the favoured transaction and what it may touch yet. */
static bool spoils_favoured(const struct favour *f, const char *path,
                            bool removed)
{
    return spoils(&f->txn->edit, path, removed) ||
           spoils(&f->conn->wants, path, removed);
}

/*
 * Do the missing nodes of @path, of which the first @have bytes exist, spoil
 * what @e relied on?
 */
static bool chain_spoils(const struct edit *e, const char *path, size_t have)
{
    size_t at = have > 1 ? have : 0;
    uint32_t hash = hash_more(HASH_START, path, at);
    const char *pos = path + at, *name;
    const struct touch *t = touch_find(e, path, have);

    if (counts(t) && (t->seen & SEEN_KIDS))
        return true;
    while (path_next(&pos, &name)) {
        hash = hash_more(hash, path + at, pos - path - at);
        at = pos - path;
        if (counts(touch_find_hashed(e, hash, path, at)))
            return true;
    }
    return false;
}

bool favour_holds(struct conn *c, const char *path, bool removed)
{
    const struct favour *f = &c->srv->favour;
    bool holds = false;
    size_t have;

    if (f->txn && f->conn != c && binds(f, c) && !c->waited) {
        tree_nearest(c->srv->root, path, &have);
        if (removed || have == strlen(path))
            holds = spoils_favoured(f, path, removed);
        else
            holds = chain_spoils(&f->txn->edit, path, have) ||
                    chain_spoils(&f->conn->wants, path, have);
    }
    c->waited = holds;
    if (holds)
        list_add_tail(&c->srv->favour.held, &c->waiting);
    return holds;
}

bool favour_forbids(const struct txn *t)
{
    const struct favour *f = &t->conn->srv->favour;
    const struct touch *touch;

    if (!f->txn || f->txn == t || !binds(f, t->conn))
        return false;
    for (unsigned int i = 0; i < t->edit.nr; i++) {
        touch = &t->edit.touches[i];
        if ((touch->changed || touch->removed) &&
            spoils_favoured(f, touch->path, touch->removed))
            return true;
    }
    return false;
}

void favour_over(struct txn *t, int err)
{
    struct favour *f = &t->conn->srv->favour;
    struct conn *c = t->conn;

    if (err == -EAGAIN && c->losses < FAVOUR_LOSSES)
        c->losses++;
    else if (err == -EAGAIN && c->dawdled)
        c->dawdled--;
    if (err == -EAGAIN && c->losses == FAVOUR_LOSSES) {
        edit_clear(&c->wants);
        c->wants = t->edit;
        memset(&t->edit, 0, sizeof(t->edit));
    }
    if (!err) {
        c->losses = 0;
        c->dawdled = 0;
        edit_clear(&c->wants);
    }
    if (f->txn != t)
        return;
    c->contends = !list_empty(&f->waiting);
    pass_on(f);
}

void favour_leave(struct conn *c)
{
    list_del(&c->waiting);
    c->losses = c->dawdled = 0;
    c->contends = c->waited = false;
    edit_clear(&c->wants);
    if (c->srv->favour.conn == c)
        pass_on(&c->srv->favour);
}

bool favour_waiting(const struct server *srv)
{
    return !list_empty(&srv->favour.waiting) || !list_empty(&srv->favour.held);
}

void favour_expire(struct server *srv)
{
    struct favour *f = &srv->favour;

    if (!favour_waiting(srv))
        return;
    f->conn->dawdled = FAVOUR_PENANCE;
    pass_on(f);
}

void favour_turn(struct server *srv)
{
    struct favour *f = &srv->favour;

    if (favour_waiting(srv) &&
        (++f->turns > FAVOUR_TURNS ||
         stats_now(srv) - f->since_ns > FAVOUR_MS * 1000000ull))
        favour_expire(srv);
}
