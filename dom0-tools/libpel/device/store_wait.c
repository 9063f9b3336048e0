/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for a condition on the store, by a watch and with a deadline. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <pel/store.h>

#include "store_local.h"

/* Time left in ms, rounded up so that a wait never ends early and spins. */
static int left_ms(uint64_t deadline_ns)
{
    uint64_t now = pel_store_now_ns();
    uint64_t ms;

    if (now >= deadline_ns)
        return 0;
    ms = (deadline_ns - now + 999999) / 1000000;

    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Takes all events that are there.  0, or an error that is not EAGAIN. */
static int drain(struct xs_handle *xs)
{
    char **event;

    for (;;) {
        errno = 0;
        event = xs_check_watch(xs);
        if (!event)
            return errno == EAGAIN || !errno ? 0 : -errno;
        free(event);
    }
}

/* 0 something happened, or -ETIMEDOUT, or another error. */
static int wait_event(struct xs_handle *xs, uint64_t deadline_ns)
{
    struct pollfd pfd = { .fd = xs_fileno(xs), .events = POLLIN };
    int n;

    do {
        int ms = left_ms(deadline_ns);

        if (!ms)
            return -ETIMEDOUT;
        n = poll(&pfd, 1, ms);
    } while (n == 0 || (n < 0 && errno == EINTR));

    return n < 0 ? -errno : drain(xs);
}

int pel_store_wait(struct pel_store *s, uint64_t deadline_ns,
                   int (*check)(struct pel_store *s, void *arg), void *arg,
                   const char *path_fmt, ...)
{
    struct xs_handle *xs = s->xs;
    char path[STORE_PATH_SIZE];
    char token[32];
    int rc;

    rc = STORE_PATH(path, path_fmt);
    if (rc)
        return rc;

    /* What holds already needs no watch: the usual case on a fast host. */
    rc = check(s, arg);
    if (rc)
        return rc;

    snprintf(token, sizeof(token), "wait-%p", arg);
    errno = 0;
    if (!xs_watch(xs, path, token))
        return errno ? -errno : -EIO;

    /* A new watch fires once at once, so no change is missed. */
    do {
        rc = wait_event(xs, deadline_ns);
        if (!rc || rc == -ETIMEDOUT) {
            int held = check(s, arg);

            rc = held ? held : rc;
        }
    } while (!rc);

    xs_unwatch(xs, path, token);

    return rc;
}
