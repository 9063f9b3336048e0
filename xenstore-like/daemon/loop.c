/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop.  In a round each connection with work gets a turn of a few
 * requests: who floods the store waits for the others.  Then what they did
 * goes to the journal, and only then do the peers hear of it.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <store/favour.h>
#include <store/pace.h>

#include "loop.h"

#define EVENTS_MAX 64
#define PACE_LOOK_MS 1000

int loop_init(struct loop *loop)
{
    list_init(&loop->ready);
    loop->stop = false;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll_fd < 0 ? -errno : 0;
}

int loop_add(struct loop *loop, struct source *src)
{
    struct epoll_event ev = { .events = src->events, .data.ptr = src };

    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, src->fd, &ev) ? -errno : 0;
}

void loop_change(struct loop *loop, struct source *src, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.ptr = src };

    if (events == src->events)
        return;
    src->events = events;
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, src->fd, &ev);
}

void loop_ready(struct loop *loop, struct conn *c)
{
    if (list_empty(&c->ready))
        list_add_tail(&loop->ready, &c->ready);
}

/* One turn for each connection that is ready now. */
static void take_turns(struct loop *loop)
{
    struct list turn;
    struct conn *c;

    list_init(&turn);
    while (!list_empty(&loop->ready)) {
        struct list *l = loop->ready.next;

        list_del(l);
        list_add_tail(&turn, l);
    }
    while (!list_empty(&turn)) {
        c = list_entry(turn.next, struct conn, ready);
        list_del(&c->ready);
        conn_work(c);
    }
}

void loop_settle(struct loop *loop, struct list *dirty)
{
    struct list turn;
    struct conn *c;
    bool more;

    list_init(&turn);
    while (!list_empty(dirty)) {
        struct list *l = dirty->next;

        list_del(l);
        list_add_tail(&turn, l);
    }
    while (!list_empty(&turn)) {
        c = list_entry(turn.next, struct conn, dirty);
        more = conn_settle(c);
        if (c->broken)
            c->io->fail(c); /* c may be gone now */
        else if (more)
            loop_ready(loop, c);
    }
}

/* How long nothing may happen before something must, in ms; -1: forever. */
static int patience(const struct loop *loop, int wait_ms)
{
    if (!list_empty(&loop->ready))
        return 0;
    if (favour_waiting(loop->srv) && (wait_ms < 0 || wait_ms > FAVOUR_IDLE_MS))
        return FAVOUR_IDLE_MS;
    if (pace_waiting(loop->srv) && (wait_ms < 0 || wait_ms > PACE_LOOK_MS))
        return PACE_LOOK_MS;
    return wait_ms;
}

int loop_run(struct loop *loop)
{
    struct epoll_event ev[EVENTS_MAX];
    struct source *src;
    int wait_ms = 0, idle_ms, nr;

    while (!loop->stop) {
        idle_ms = patience(loop, wait_ms);
        nr = epoll_wait(loop->epoll_fd, ev, EVENTS_MAX, idle_ms);
        if (nr < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < nr; i++) {
            src = ev[i].data.ptr;
            src->fn(src);
        }
        if (!nr && idle_ms >= FAVOUR_IDLE_MS)
            favour_expire(loop->srv);
        else
            favour_turn(loop->srv);
        pace_turn(loop->srv);
        take_turns(loop);
        wait_ms = loop->round_done(loop->arg);
    }
    return 0;
}

void loop_fini(struct loop *loop) { close(loop->epoll_fd); }
