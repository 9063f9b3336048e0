/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output that waits for a reader: the newest bytes, up to a fixed number.  A
 * reader who is slow or absent loses the oldest and blocks nobody.
 */
#ifndef PELD_BACKLOG_H
#define PELD_BACKLOG_H

#include <stddef.h>

#define BACKLOG_SIZE 65536 /* bytes; a power of two */

struct backlog {
    size_t head, tail; /* run freely; head - tail bytes wait */
    char data[BACKLOG_SIZE];
};

/**
 * backlog_push - add bytes, dropping the oldest if there is no room
 * @b:    backlog
 * @buf:  bytes
 * @len:  of @buf
 */
void backlog_push(struct backlog *b, const char *buf, size_t len);

/**
 * backlog_peek - the oldest bytes that lie in one piece
 * @b:    backlog
 * @len:  set to their number; 0 when nothing waits
 *
 * Returns: the bytes, valid until the next call.
 */
const char *backlog_peek(const struct backlog *b, size_t *len);

/**
 * backlog_pop - drop the oldest bytes
 * @b:    backlog
 * @len:  at most as many as backlog_peek() has shown
 */
void backlog_pop(struct backlog *b, size_t len);

#endif
