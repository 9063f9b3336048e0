/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A person's terminal on a guest's console. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <pel/console.h>
#include <pel/ctx.h>
#include <pel/store.h>

#define ESCAPE 0x1d     /* Ctrl-] */
#define REOFFER_MS 3000 /* for a daemon that was started anew */
#define KEYS_SIZE 4096

/* What the person typed and the guest has not taken yet. */
struct keys {
    char data[KEYS_SIZE];
    size_t len;
};

enum outcome { GO_ON, LEFT, HUNG_UP, UNREAD };

/* Waits for a terminal other than @old; both paths are for free(). */
struct tty_wait {
    uint32_t domid;
    char *old, *path;
};

static int tty_check(struct pel_store *s, void *arg)
{
    struct tty_wait *w = arg;
    char *ring;

    free(w->path);
    w->path = pel_store_read(s, "/local/domain/%u/console/tty", w->domid);
    if (w->path && w->path[0] && (!w->old || strcmp(w->path, w->old)))
        return 1;
    if (!w->path && errno != ENOENT)
        return -errno;

    /* Without a ring there is no console to come. */
    ring = pel_store_read(s, "/local/domain/%u/console/ring-ref", w->domid);
    free(ring);

    return ring ? 0 : -ENOENT;
}

/* The terminal that was offered is none, or none any more. */
static void reject_tty(struct tty_wait *w)
{
    free(w->old);
    w->old = w->path;
    w->path = NULL;
}

/*
 * Opens the terminal: its descriptor, or an error of pel_store_wait().  A
 * daemon that was killed leaves the path of a terminal that went with it.
 */
static int open_tty(struct pel_store *s, struct tty_wait *w, int timeout_ms)
{
    uint64_t deadline_ns = pel_store_now_ns() + (uint64_t)timeout_ms * 1000000;
    int rc, fd;

    for (;;) {
        rc = pel_store_wait(s, deadline_ns, tty_check, w,
                            "/local/domain/%u/console", w->domid);
        if (rc < 0)
            return rc;
        fd = open(w->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0)
            return fd;
        if (errno != ENOENT && errno != EIO && errno != ENXIO)
            return -errno;
        reject_tty(w);
    }
}

static bool write_all(int fd, const char *buf, size_t len)
{
    struct pollfd pfd = { .fd = fd, .events = POLLOUT };
    ssize_t n;

    while (len) {
        n = write(fd, buf, len);
        if (n < 0 && errno == EAGAIN)
            poll(&pfd, 1, -1);
        else if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            buf += n;
            len -= (size_t)n;
        }
    }

    return true;
}

static enum outcome from_guest(int tty)
{
    char buf[4096];
    ssize_t n = read(tty, buf, sizeof(buf));

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return GO_ON;
    if (n <= 0)
        return HUNG_UP;

    return write_all(STDOUT_FILENO, buf, (size_t)n) ? GO_ON : UNREAD;
}

/* Keys that a guest does not read are dropped, all but the one that leaves. */
static enum outcome from_person(struct keys *keys, bool *at_end)
{
    char buf[256];
    ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));
    const char *escape;
    size_t room = KEYS_SIZE - keys->len;

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return GO_ON;
    *at_end = n <= 0;
    if (n <= 0)
        return GO_ON;
    escape = memchr(buf, ESCAPE, (size_t)n);
    if (escape)
        n = escape - buf;
    if ((size_t)n < room)
        room = (size_t)n;
    memcpy(keys->data + keys->len, buf, room);
    keys->len += room;

    return escape ? LEFT : GO_ON;
}

static void to_guest(int tty, struct keys *keys)
{
    ssize_t n = write(tty, keys->data, keys->len);

    if (n <= 0)
        return;
    keys->len -= (size_t)n;
    memmove(keys->data, keys->data + n, keys->len);
}

/* Carries bytes both ways until somebody leaves. */
static enum outcome carry(int tty, int signals, bool *at_end)
{
    struct keys keys = { .len = 0 };
    enum outcome outcome = GO_ON;

    while (outcome == GO_ON) {
        struct pollfd pfd[] = {
            { .fd = tty,
              .events = (short)(keys.len ? POLLIN | POLLOUT : POLLIN) },
            { .fd = *at_end ? -1 : STDIN_FILENO, .events = POLLIN },
            { .fd = signals, .events = POLLIN },
            /* Whoever reads a pipe may leave while the guest is silent. */
            { .fd = STDOUT_FILENO },
        };

        if (poll(pfd, 4, -1) < 0)
            continue;
        if (pfd[2].revents)
            return LEFT;
        if (pfd[3].revents)
            return UNREAD;
        if (pfd[1].revents)
            outcome = from_person(&keys, at_end);
        if (keys.len && (outcome == LEFT || (pfd[0].revents & POLLOUT)))
            to_guest(tty, &keys);
        if (outcome == GO_ON && (pfd[0].revents & (POLLIN | POLLHUP)))
            outcome = from_guest(tty);
    }

    return outcome;
}

/* A daemon that was started anew offers the console anew. */
static int session(struct pel_ctx *ctx, struct pel_store *s, struct tty_wait *w,
                   int timeout_ms, int signals)
{
    enum outcome outcome;
    bool at_end = false;
    int tty;

    tty = open_tty(s, w, timeout_ms);
    if (tty == -ENOENT)
        return pel_fail(ctx, PEL_ENOENT, "domain %u has no console", w->domid);
    if (tty == -ETIMEDOUT)
        return pel_fail(ctx, PEL_ETIMEDOUT,
                        "nobody offers the console of domain %u: is peld "
                        "running?",
                        w->domid);
    while (tty >= 0) {
        outcome = carry(tty, signals, &at_end);
        close(tty);
        if (outcome == LEFT)
            return 0;
        if (outcome == UNREAD)
            return pel_fail(ctx, PEL_EIO,
                            "nobody reads the console of domain %u any more",
                            w->domid);
        reject_tty(w);
        tty = open_tty(s, w, REOFFER_MS);
    }
    /* A guest that went took the nodes of its console with it. */
    if (tty == -ENOENT || tty == -ETIMEDOUT)
        return 0;

    return pel_store_fail(ctx, tty, "lost the console of domain %u", w->domid);
}

int pel_console_attach(struct pel_ctx *ctx, uint32_t domid, int timeout_ms)
{
    struct tty_wait w = { .domid = domid };
    bool person = isatty(STDIN_FILENO);
    struct termios before, raw;
    struct pel_store s;
    sigset_t stop, mask;
    int signals, rc;

    rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    /* Whatever ends this process, the terminal is put right first. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGHUP);
    sigprocmask(SIG_BLOCK, &stop, &mask);
    signals = signalfd(-1, &stop, SFD_CLOEXEC);
    if (person && !tcgetattr(STDIN_FILENO, &before)) {
        raw = before;
        cfmakeraw(&raw);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    } else {
        person = false;
    }

    rc = session(ctx, &s, &w, timeout_ms, signals);
    free(w.old);
    free(w.path);

    if (person)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    if (signals >= 0)
        close(signals);
    sigprocmask(SIG_SETMASK, &mask, NULL);

    return rc;
}
