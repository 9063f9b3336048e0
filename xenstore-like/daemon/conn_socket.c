/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients of the UNIX socket. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <store/replay.h>

#include "conn_socket.h"

#define ACCEPT_QUEUE 4096 /* connections that wait, if the system allows */

struct sock {
    struct conn conn;
    struct source src;
    struct listener *listener;
};

static struct sock *to_sock(struct conn *c)
{
    return list_entry(c, struct sock, conn);
}

static int sock_read(struct conn *c, void *data, size_t len)
{
    ssize_t got = recv(to_sock(c)->src.fd, data, len, 0);

    if (got > 0)
        return got;
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -EPIPE;
}

static int sock_write(struct conn *c, const void *data, size_t len)
{
    ssize_t sent = send(to_sock(c)->src.fd, data, len, MSG_NOSIGNAL);

    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
}

static bool sock_turn_done(struct conn *c)
{
    struct sock *s = to_sock(c);
    uint32_t events =
        (conn_may_read(c) ? EPOLLIN : 0) | (buf_len(&c->out) ? EPOLLOUT : 0);

    /* That the peer went is told whatever is asked for: then only once. */
    loop_change(s->listener->loop, &s->src, events ? events : EPOLLET);
    return false; /* epoll tells of all that is unread */
}

static void sock_close(struct conn *c)
{
    struct sock *s = to_sock(c);

    conn_fini(c);
    close(s->src.fd);
    /* A descriptor is free again: accept() may work now. */
    loop_change(s->listener->loop, &s->listener->src, EPOLLIN);
    free(s);
}

static const struct conn_io sock_io = {
    .read = sock_read,
    .write = sock_write,
    .turn_done = sock_turn_done,
    .fail = sock_close,
};

static void sock_event(struct source *src)
{
    struct sock *s = list_entry(src, struct sock, src);

    loop_ready(s->listener->loop, &s->conn);
}

static struct sock *sock_open(struct listener *l, int fd)
{
    struct sock *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->listener = l;
    s->src.fd = fd;
    s->src.events = EPOLLIN;
    s->src.fn = sock_event;
    if (loop_add(l->loop, &s->src)) {
        free(s);
        return NULL;
    }
    conn_init(&s->conn, l->srv, &sock_io, NULL);
    return s;
}

static void listener_event(struct source *src)
{
    struct listener *l = list_entry(src, struct listener, src);
    int fd;

    fd = accept4(src->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        /* Out of descriptors: wait until a connection closes. */
        if (errno == EMFILE || errno == ENFILE)
            loop_change(l->loop, src, 0);
        return;
    }
    if (!sock_open(l, fd))
        close(fd);
}

/* Does anybody answer at that address? */
static bool is_served(const struct sockaddr_un *addr)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool served;

    if (fd < 0)
        return false;
    served = !connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
    close(fd);
    return served;
}

static int bind_socket(int fd, const struct sockaddr_un *addr)
{
    struct stat st;
    mode_t mask;
    int err = 0;

    if (!lstat(addr->sun_path, &st) && !S_ISSOCK(st.st_mode))
        return -EEXIST; /* somebody's file: it stays */
    if (is_served(addr))
        return -EADDRINUSE;
    unlink(addr->sun_path);
    mask = umask(0177); /* root alone */
    if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) ||
        listen(fd, ACCEPT_QUEUE))
        err = -errno;
    umask(mask);
    return err;
}

int socket_fd(const struct conn *c)
{
    return c->io == &sock_io ? to_sock((struct conn *)c)->src.fd : -1;
}

void socket_take(struct listener *l, struct conn *from)
{
    int fd = from->handed_fd;
    struct sock *s;

    from->handed_fd = 0; /* its end is nothing that a journal needs */
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    s = sock_open(l, fd);
    if (!s) {
        replay_drop(from);
        close(fd);
        return;
    }
    replay_adopt(&s->conn, from);
    conn_dirty(&s->conn);
    loop_ready(l->loop, &s->conn);
}

static void listener_init(struct listener *l, struct loop *loop,
                          struct server *srv, int fd)
{
    l->loop = loop;
    l->srv = srv;
    l->src.events = EPOLLIN;
    l->src.fn = listener_event;
    l->src.fd = fd;
}

int listener_take(struct listener *l, struct loop *loop, struct server *srv,
                  int fd)
{
    listener_init(l, loop, srv, fd);
    return loop_add(loop, &l->src);
}

int listener_open(struct listener *l, struct loop *loop, struct server *srv,
                  const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int err;

    if (strlen(path) >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    strcpy(addr.sun_path, path);

    listener_init(
        l, loop, srv,
        socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (l->src.fd < 0)
        return -errno;
    err = bind_socket(l->src.fd, &addr);
    if (!err)
        err = loop_add(loop, &l->src);
    if (err)
        close(l->src.fd);
    return err;
}

void listener_close(struct listener *l) { close(l->src.fd); }

void sockets_close(struct server *srv)
{
    struct list *pos, *next;
    struct conn *c;

    for (LIST_EACH(pos, next, &srv->conns)) {
        c = list_entry(pos, struct conn, link);
        if (c->io == &sock_io)
            sock_close(c);
    }
}
