/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop: what waits for descriptors, and whose turn it is. */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <store/conn.h>

/* A descriptor that the loop waits for. */
struct source {
    int fd;
    uint32_t events; /* EPOLL bits that are waited for */
    void (*fn)(struct source *src);
};

struct loop {
    int epoll_fd;
    struct server *srv;
    struct list ready; /* connections with work, in the order of turns */
    bool stop;         /* leave loop_run() */
    /**
     * round_done - everybody had a turn: keep and settle what they did
     * Returns: milliseconds after which there is more to do, or -1.
     */
    int (*round_done)(void *arg);
    void *arg;
};

/** loop_init - a loop without round_done: 0, or a negative errno */
int loop_init(struct loop *loop);

/** loop_add - wait for src->events on src->fd; 0, or a negative errno */
int loop_add(struct loop *loop, struct source *src);

/** loop_change - wait for other events of @src from now on */
void loop_change(struct loop *loop, struct source *src, uint32_t events);

/** loop_ready - @c gets a turn */
void loop_ready(struct loop *loop, struct conn *c);

/** loop_settle - settle all connections on @dirty */
void loop_settle(struct loop *loop, struct list *dirty);

/** loop_run - serve until loop->stop; 0, or a negative errno */
int loop_run(struct loop *loop);

/** loop_fini - close the loop's own descriptor */
void loop_fini(struct loop *loop);

#endif
