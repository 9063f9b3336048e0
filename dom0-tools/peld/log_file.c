/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest prints, kept on disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_file.h"

int log_file_open(struct log_file *l)
{
    l->fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
                 0600);

    return l->fd < 0 ? -errno : 0;
}

/* Asked each time: others may have cut or replaced the file. */
static int has_room(const struct log_file *l, size_t len)
{
    struct stat st;

    return fstat(l->fd, &st) || !S_ISREG(st.st_mode) ||
           st.st_size + (off_t)len <= LOG_FILE_MAX;
}

/* Where the old file cannot be put aside, it is begun anew. */
static void begin_again(struct log_file *l)
{
    char old[sizeof(l->path) + 4];

    snprintf(old, sizeof(old), "%s.old", l->path);
    if (rename(l->path, old) && ftruncate(l->fd, 0))
        return;
    log_file_close(l);
    log_file_open(l);
}

void log_file_write(struct log_file *l, const char *buf, size_t len)
{
    if (l->fd >= 0 && !has_room(l, len))
        begin_again(l);
    if (l->fd >= 0 && write(l->fd, buf, len) != (ssize_t)len)
        return;
}

void log_file_close(struct log_file *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}
