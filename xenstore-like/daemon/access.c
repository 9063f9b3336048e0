/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The access log: a line for each request. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <store/log.h>

#include "access.h"

#define LINES_KEEP 65536 /* bytes of room, for the next round */

static void add_line(void *arg, const char *line, size_t len)
{
    struct access_log *a = arg;

    a->dropped += buf_append(&a->lines, line, len) != 0;
}

int access_open(struct access_log *a, const char *path, struct server *srv)
{
    a->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (a->fd < 0)
        return -errno;
    srv->stats.log = add_line;
    srv->stats.log_arg = a;
    srv->stats.log_on = true;
    return 0;
}

void access_round(struct access_log *a)
{
    ssize_t put;

    if (!buf_len(&a->lines))
        return;
    put = write(a->fd, buf_head(&a->lines), buf_len(&a->lines));
    if (put != (ssize_t)buf_len(&a->lines) && !a->dropped++)
        log_line("access log: not all lines could be written");
    buf_empty(&a->lines, LINES_KEEP);
}

void access_close(struct access_log *a)
{
    access_round(a);
    if (a->fd > 0)
        close(a->fd);
    buf_clear(&a->lines);
}
