/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watches, found by path: an event looks up each prefix of its path, so it
 * costs what the path is long and who hears it, however many others watch.
 */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include <store/conn.h>
#include <store/edit.h>
#include <store/server.h>

/* Longest token, in bytes: it and the longest path fit into one event. */
#define WATCH_TOKEN_MAX (XENSTORE_PAYLOAD_MAX - XENSTORE_ABS_PATH_MAX - 2)

/* All watches on one path. */
struct wpath {
    struct wpath *next;  /* in its bucket */
    struct list watches; /* in the order in which they were set */
    uint32_t hash;
    size_t len; /* bytes of path */
    char path[];
};

struct watch {
    struct list by_conn; /* conn->watches */
    struct list by_path; /* wpath->watches */
    struct conn *conn;
    struct wpath *at;
    size_t skip; /* bytes of a path that the client does not see:
                    those of /local/domain/N/ if it is relative */
    char token[];
};

/**
 * watch_add - set a watch
 * @path:  absolute, checked, or special
 * @skip:  as in struct watch
 * @token: NUL-terminated
 * @out:   set to the watch
 *
 * Returns: 0; -EEXIST @c has the same path and token already; -ENOMEM.
 */
int watch_add(struct conn *c, const char *path, size_t skip, const char *token,
              struct watch **out);

/** watch_find - the watch of @c with that path and token, or NULL */
struct watch *watch_find(const struct conn *c, const char *path,
                         const char *token);

/** watch_del - unset a watch */
void watch_del(struct watch *w);

/**
 * watch_fire - send the events of a finished edit
 *
 * For each path that was touched, in that order, one event to each watch on it
 * or above it; and for what was removed below such a path, to watches there.
 */
void watch_fire(struct server *srv, const struct edit *e);

/** watch_fire_special - send events for a special watch */
void watch_fire_special(struct server *srv, enum special which);

/** watch_hello - the first event of a watch just set */
void watch_hello(const struct watch *w);

#endif
