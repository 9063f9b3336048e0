/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests of one transaction that do not wait for each other. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "store_pipe.h"

/* As libxenstore looks for it. */
static int socket_path(char *to, size_t size)
{
    const char *path = getenv("XENSTORED_PATH");
    const char *dir = getenv("XENSTORED_RUNDIR");
    int len;

    if (path)
        len = snprintf(to, size, "%s", path);
    else
        len = snprintf(to, size, "%s/socket", dir ? dir : "/run/xenstored");

    return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

int store_pipe_open(struct store_pipe *p)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int rc = socket_path(addr.sun_path, sizeof(addr.sun_path));

    if (rc)
        return rc;
    p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        return -errno;
    if (connect(p->fd, (struct sockaddr *)&addr, sizeof(addr))) {
        rc = -errno;
        close(p->fd);
        return rc;
    }
    p->txn = 0;
    p->rc = 0;
    p->dead = 0;
    p->depth = 0;
    p->len = 0;
    p->in_at = 0;
    p->in_len = 0;

    return 0;
}

void store_pipe_close(struct store_pipe *p) { close(p->fd); }

static int send_all(struct store_pipe *p)
{
    size_t done = 0;

    while (done < p->len) {
        ssize_t n = send(p->fd, p->out + done, p->len - done, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        done += (size_t)n;
    }
    p->len = 0;

    return 0;
}

/* Answers come many at a time. */
static int refill(struct store_pipe *p)
{
    ssize_t n;

    do
        n = recv(p->fd, p->in, sizeof(p->in), 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return n ? -errno : -EIO;
    p->in_at = 0;
    p->in_len = (size_t)n;

    return 0;
}

static int receive(struct store_pipe *p, void *to, size_t len)
{
    size_t done = 0;

    while (done < len) {
        size_t n = p->in_len - p->in_at;
        int rc = n ? 0 : refill(p);

        if (rc)
            return rc;
        n = p->in_len - p->in_at;
        if (n > len - done)
            n = len - done;
        memcpy((char *)to + done, p->in + p->in_at, n);
        p->in_at += n;
        done += n;
    }

    return 0;
}

/* The store names its errors. */
static int error_of(const char *name)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
        if (!strcmp(xsd_errors[i].errstring, name))
            return -xsd_errors[i].errnum;

    return -EIO;
}

/*
 * One answer.  @refused: set to 0 or the errno of the store's refusal;
 * returns an error only when the connection can be used no longer.
 */
static int take_answer(struct store_pipe *p, uint16_t type, char **out,
                       size_t *out_len, int *refused)
{
    char text[XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg head;
    int rc = receive(p, &head, sizeof(head));

    if (!rc && head.len > XENSTORE_PAYLOAD_MAX)
        rc = -EIO;
    if (!rc)
        rc = receive(p, text, head.len);
    if (rc)
        return rc;
    text[head.len] = '\0';
    *refused = head.type == XS_ERROR ? error_of(text) : 0;
    if (head.type != XS_ERROR && head.type != type)
        return -EIO;
    if (*refused || !out)
        return 0;

    *out = malloc(head.len + 1);
    if (!*out) {
        *refused = -ENOMEM;
        return 0;
    }
    memcpy(*out, text, head.len + 1);
    if (out_len)
        *out_len = head.len;

    return 0;
}

/* All that is under way but the last @keep. */
static int take_answers(struct store_pipe *p, unsigned int keep)
{
    int rc = 0;

    for (unsigned int i = 0; !rc && i < p->depth - keep; i++) {
        int refused = 0;

        rc = take_answer(p, p->type[i], p->want[i], NULL, &refused);
        if (refused == -ENOENT && (p->type[i] == XS_RM || p->want[i]))
            refused = 0;
        if (!p->rc)
            p->rc = refused;
    }

    return rc;
}

/* Sends what is queued and takes all answers but the last @keep. */
static int exchange(struct store_pipe *p, unsigned int keep)
{
    if (!p->dead)
        p->dead = send_all(p);
    if (!p->dead)
        p->dead = take_answers(p, keep);

    return p->dead;
}

int store_pipe_flush(struct store_pipe *p)
{
    if (exchange(p, 0))
        return p->dead;
    p->depth = 0;

    return p->rc;
}

/* There is room for it. */
static void enqueue(struct store_pipe *p, uint16_t type, const void *payload,
                    size_t len, char **want)
{
    struct xsd_sockmsg head = { .type = type,
                                .tx_id = p->txn,
                                .len = (uint32_t)len };

    memcpy(p->out + p->len, &head, sizeof(head));
    memcpy(p->out + p->len + sizeof(head), payload, len);
    p->len += sizeof(head) + len;
    p->want[p->depth] = want;
    p->type[p->depth++] = type;
}

/* 0, or why the request cannot be sent. */
static int make_room(struct store_pipe *p, size_t len)
{
    if (len > XENSTORE_PAYLOAD_MAX)
        return -E2BIG;
    if (p->depth == PIPE_DEPTH ||
        p->len + sizeof(struct xsd_sockmsg) + len > PIPE_BYTES)
        store_pipe_flush(p);

    return p->dead;
}

int store_pipe_want(struct store_pipe *p, uint16_t type, const void *payload,
                    size_t len, char **out)
{
    int rc = make_room(p, len);

    if (out)
        *out = NULL;
    if (rc || p->rc)
        return rc ? rc : p->rc;
    enqueue(p, type, payload, len, out);

    return 0;
}

int store_pipe_put(struct store_pipe *p, uint16_t type, const void *payload,
                   size_t len)
{
    return store_pipe_want(p, type, payload, len, NULL);
}

int store_pipe_ask(struct store_pipe *p, uint16_t type, const void *payload,
                   size_t len, char **out, size_t *out_len)
{
    int rc = make_room(p, len), refused = 0;

    if (rc)
        return rc;
    enqueue(p, type, payload, len, NULL);
    if (!exchange(p, 1))
        p->dead = take_answer(p, type, out, out_len, &refused);
    p->depth = 0;

    return p->dead ? p->dead : refused;
}
