/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop.  Each connection with work gets a turn of a few requests,
 * then the next one: who floods the store waits for the others.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <store/favour.h>

#include "loop.h"

#define EVENTS_MAX 64

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
    bool more;

    list_init(&turn);
    while (!list_empty(&loop->ready)) {
        struct list *l = loop->ready.next;

        list_del(l);
        list_add_tail(&turn, l);
    }
    while (!list_empty(&turn)) {
        c = list_entry(turn.next, struct conn, ready);
        list_del(&c->ready);
        more = conn_turn(c);
        if (c->broken)
            c->io->fail(c); /* c may be gone now */
        else if (more)
            loop_ready(loop, c);
    }
}

/* How long nothing may happen before something must, in ms; -1: forever. */
static int patience(const struct loop *loop)
{
    if (!list_empty(&loop->ready))
        return 0;
    return favour_waiting(loop->srv) ? FAVOUR_IDLE_MS : -1;
}

int loop_run(struct loop *loop)
{
    struct epoll_event ev[EVENTS_MAX];
    struct source *src;
    int nr;

    while (!loop->stop) {
        nr = epoll_wait(loop->epoll_fd, ev, EVENTS_MAX, patience(loop));
        if (nr < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < nr; i++) {
            src = ev[i].data.ptr;
            src->fn(src);
        }
        if (!nr && list_empty(&loop->ready))
            favour_expire(loop->srv);
        take_turns(loop);
    }
    return 0;
}

void loop_fini(struct loop *loop) { close(loop->epoll_fd); }
