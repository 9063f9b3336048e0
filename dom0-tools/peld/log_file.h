/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest prints, kept on disk: so much of it, whatever the guest does.
 * A file that is full becomes NAME.old in place of the one before.
 */
#ifndef PELD_LOG_FILE_H
#define PELD_LOG_FILE_H

#include <stddef.h>

#define LOG_FILE_MAX (16 << 20) /* bytes of a file; there are two at most */

struct log_file {
    int fd; /* -1: none */
    char path[256];
};

/**
 * log_file_open - append to a file, which is made if need be
 * @l:    set up by this; l->path says which file
 *
 * Returns: 0, or -errno of open(); log_file_write() then does nothing.
 */
int log_file_open(struct log_file *l);

/**
 * log_file_write - append bytes
 * @l:    open or not
 * @buf:  bytes
 * @len:  of @buf, fewer than LOG_FILE_MAX
 *
 * A disk that is full loses them.
 */
void log_file_write(struct log_file *l, const char *buf, size_t len);

/**
 * log_file_close - close it; also when it is closed already
 * @l:    log
 */
void log_file_close(struct log_file *l);

#endif
