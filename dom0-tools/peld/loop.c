/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop.  It takes one event at a time from the kernel, so that a
 * function may remove any source without leaving an event for it behind; the
 * kernel hands ready descriptors out in turn, so none starves.
 */
#include <errno.h>
#include <sys/epoll.h>

#include "loop.h"

int loop_init(struct loop *l)
{
    l->stop = false;
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);

    return l->epoll_fd < 0 ? -errno : 0;
}

static int control(struct loop *l, int op, struct source *src)
{
    struct epoll_event ev = { .events = src->events, .data.ptr = src };

    return epoll_ctl(l->epoll_fd, op, src->fd, &ev) ? -errno : 0;
}

int loop_add(struct loop *l, struct source *src)
{
    return control(l, EPOLL_CTL_ADD, src);
}

void loop_want(struct loop *l, struct source *src, uint32_t events)
{
    if (src->events == events)
        return;
    src->events = events;
    control(l, EPOLL_CTL_MOD, src);
}

void loop_del(struct loop *l, struct source *src)
{
    control(l, EPOLL_CTL_DEL, src);
}

int loop_run(struct loop *l)
{
    struct epoll_event ev;
    struct source *src;
    int n;

    while (!l->stop) {
        n = epoll_wait(l->epoll_fd, &ev, 1, -1);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            src = ev.data.ptr;
            src->ready(src->arg, ev.events);
        }
    }

    return 0;
}
