/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop: descriptors and whom to call when they are ready. */
#ifndef PELD_LOOP_H
#define PELD_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop {
    int epoll_fd;
    bool stop; /* set by anybody: loop_run() returns after this event */
};

/* A descriptor under watch; part of whatever owns the descriptor. */
struct source {
    int fd;
    uint32_t events; /* EPOLL* that it waits for now */
    void (*ready)(void *arg, uint32_t events);
    void *arg;
};

/**
 * loop_init - make an empty loop
 * @l:  set
 *
 * Returns: 0 or a negative errno value.
 */
int loop_init(struct loop *l);

/**
 * loop_add - start to watch a descriptor
 * @l:    loop
 * @src:  all fields set; stays where it is until loop_del()
 *
 * Returns: 0 or a negative errno value.
 */
int loop_add(struct loop *l, struct source *src);

/**
 * loop_want - change what a descriptor waits for
 * @l:       loop
 * @src:     watched
 * @events:  EPOLL* or 0 for nothing
 */
void loop_want(struct loop *l, struct source *src, uint32_t events);

/**
 * loop_del - stop to watch a descriptor; before closing it
 * @l:    loop
 * @src:  watched; may be freed afterwards, also from its own function
 */
void loop_del(struct loop *l, struct source *src);

/**
 * loop_run - call who is ready until somebody sets @l->stop
 * @l:  loop
 *
 * Returns: 0 or a negative errno value.
 */
int loop_run(struct loop *l);

#endif
