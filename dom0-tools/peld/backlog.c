/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output that waits for a reader (pure). */
#include <string.h>

#include "backlog.h"

#define AT(i) ((i) & (BACKLOG_SIZE - 1))

static size_t min_size(size_t a, size_t b) { return a < b ? a : b; }

void backlog_push(struct backlog *b, const char *buf, size_t len)
{
    size_t first;

    if (len > BACKLOG_SIZE) {
        buf += len - BACKLOG_SIZE;
        len = BACKLOG_SIZE;
    }
    first = min_size(len, BACKLOG_SIZE - AT(b->head));
    memcpy(b->data + AT(b->head), buf, first);
    memcpy(b->data, buf + first, len - first);
    b->head += len;
    if (b->head - b->tail > BACKLOG_SIZE)
        b->tail = b->head - BACKLOG_SIZE;
}

const char *backlog_peek(const struct backlog *b, size_t *len)
{
    *len = min_size(b->head - b->tail, BACKLOG_SIZE - AT(b->tail));

    return b->data + AT(b->tail);
}

void backlog_pop(struct backlog *b, size_t len) { b->tail += len; }
