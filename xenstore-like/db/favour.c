/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help for transactions that starve; keeps FAVOUR-1. */
#include <errno.h>
#include <string.h>

#include <store/favour.h>
#include <store/parse.h>

#include "touch.h"

/* Give the favour to the first of those who wait, or to nobody. */
static void pass_on(struct favour *f)
{
    struct conn *c;

    f->conn = NULL;
    f->txn = NULL;
    f->turns = 0;
    if (list_empty(&f->waiting))
        return;
    c = list_entry(f->waiting.next, struct conn, waiting);
    list_del(&c->waiting);
    f->conn = c;
    c->srv->host->ready(c->srv, c);
}

bool favour_admit(struct conn *c)
{
    struct favour *f = &c->srv->favour;

    if (!f->conn && c->losses >= FAVOUR_LOSSES && !c->dawdled)
        f->conn = c; /* nobody waits: somebody else would have the favour */
    if (!f->conn)
        c->contends = false;
    if (!f->conn || f->conn == c || c->dawdled ||
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

/* Does a change of @path, by others, spoil what @e relied on? */
static bool spoils(const struct edit *e, const char *path, bool removed)
{
    size_t len = strlen(path), up;
    const struct touch *t;

    if (touch_find(e, path, len))
        return true;
    if (len > 1) {
        up = path_parent_len(path, len);
        t = touch_find(e, path, up);
        if (t && (t->seen & SEEN_KIDS))
            return true;
    }
    for (unsigned int i = 0; removed && i < e->nr; i++) {
        if (!strncmp(e->touches[i].path, path, len) &&
            e->touches[i].path[len] == '/')
            return true;
    }
    return false;
}

bool favour_forbids(const struct txn *t)
{
    const struct favour *f = &t->conn->srv->favour;
    const struct touch *touch;

    if (!f->txn || f->txn == t)
        return false;
    for (unsigned int i = 0; i < t->edit.nr; i++) {
        touch = &t->edit.touches[i];
        if ((touch->changed || touch->removed) &&
            spoils(&f->txn->edit, touch->path, touch->removed))
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
    if (!err) {
        c->losses = 0;
        c->dawdled = 0;
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
    c->contends = false;
    if (c->srv->favour.conn == c)
        pass_on(&c->srv->favour);
}

bool favour_waiting(const struct server *srv)
{
    return !list_empty(&srv->favour.waiting);
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
    if (favour_waiting(srv) && ++srv->favour.turns > FAVOUR_TURNS)
        favour_expire(srv);
}
