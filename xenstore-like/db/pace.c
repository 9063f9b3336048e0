/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests keep pace with those who hear of their changes; keeps PACE-1. */
#include <store/log.h>
#include <store/pace.h>
#include <store/stats.h>

static bool is_behind(const struct conn *c)
{
    size_t most = c->domid ? PACE_BYTES : PACE_DOM0_BYTES;

    if (c->domid && conn_quota(c)->backlog / 2 < most)
        most = conn_quota(c)->backlog / 2;
    return buf_len(&c->out) > most;
}

/* The guest that causes what @c is told, or NULL. */
static struct conn *causer(const struct conn *c)
{
    struct conn *from = c->srv->asking;

    return from && from->domid && from != c ? from : NULL;
}

size_t pace_limit(const struct conn *c)
{
    size_t backlog = conn_quota(c)->backlog;

    if (!c->domid)
        return SIZE_MAX;
    return causer(c) ? PACE_BACKLOGS * backlog : backlog + c->pushed;
}

void pace_note(struct conn *c, size_t bytes)
{
    struct conn *from = causer(c);

    if (!from || c->broken)
        return;
    c->pushed += bytes;
    if (!is_behind(c) || !list_empty(&from->paced))
        return;
    if (list_empty(&c->slow)) {
        list_add_tail(&c->srv->slow, &c->slow);
        c->slow_ns = stats_now(c->srv);
        if (!c->domid)
            log_line("a program does not fetch its events: guests that cause "
                     "more wait");
    }
    list_add_tail(&c->followers, &from->paced);
}

static void let_go(struct conn *c)
{
    struct conn *follower;

    list_del(&c->slow);
    while (!list_empty(&c->followers)) {
        follower = list_entry(c->followers.next, struct conn, paced);
        list_del(&follower->paced);
        c->srv->host->ready(c->srv, follower);
    }
}

void pace_fetched(struct conn *c)
{
    if (c->pushed > buf_len(&c->out))
        c->pushed = buf_len(&c->out);
    if (!list_empty(&c->slow) && !is_behind(c))
        let_go(c);
}

void pace_leave(struct conn *c)
{
    c->pushed = 0;
    list_del(&c->paced);
    let_go(c);
}

bool pace_waiting(const struct server *srv) { return !list_empty(&srv->slow); }

void pace_turn(struct server *srv)
{
    struct list *pos, *next;
    struct conn *c;

    for (LIST_EACH(pos, next, &srv->slow)) {
        c = list_entry(pos, struct conn, slow);
        if (list_empty(&c->followers))
            list_del(&c->slow); /* they went */
        if (list_empty(&c->slow) || !c->domid || c->broken ||
            stats_now(srv) - c->slow_ns <= PACE_MS * 1000000ull)
            continue;
        c->broken = XENSTORE_ERROR_COMM;
        conn_dirty(c);
    }
}
