/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue of bytes: filled at the tail, emptied at the head. */
#ifndef STORE_BUF_H
#define STORE_BUF_H

#include <stdint.h>
#include <stddef.h>

/* All zero is an empty queue. */
struct buf {
    char *mem;
    size_t head;     /* offset of the first byte that is not yet taken */
    size_t tail;     /* offset behind the last byte */
    size_t capacity; /* bytes at mem */
};

#define BUF_MIN 256 /* bytes of the smallest block; most replies fit */
#define BUF_SPARES 64

/* Blocks that empty queues leave to others.  All zero has none. */
struct buf_pool {
    char *block[BUF_SPARES]; /* BUF_MIN bytes each */
    unsigned int nr;
};

/** buf_len - bytes in the queue */
static inline size_t buf_len(const struct buf *b) { return b->tail - b->head; }

/** buf_head - the first byte in the queue; valid until the next buf_ call */
static inline const char *buf_head(const struct buf *b)
{
    return b->mem ? b->mem + b->head : "";
}

/**
 * buf_reserve - room for @len_bytes more bytes at the tail
 *
 * Returns: where to write them (then call buf_added()); NULL no memory, the
 *          queue is as it was.
 */
char *buf_reserve(struct buf *b, size_t len_bytes);

/** buf_added - @len_bytes bytes were written where buf_reserve() said */
void buf_added(struct buf *b, size_t len_bytes);

/** buf_append - copy @len_bytes bytes to the tail; 0 or -ENOMEM */
int buf_append(struct buf *b, const void *data, size_t len_bytes);

/**
 * buf_taken - drop @len_bytes bytes at the head
 *
 * An empty queue gives back its memory: idle connections cost none.
 */
void buf_taken(struct buf *b, size_t len_bytes);

/** buf_cut - drop what is behind the first @len_bytes bytes */
void buf_cut(struct buf *b, size_t len_bytes);

/**
 * buf_empty - drop everything, but keep the room for the next time
 * @keep_bytes: as long as it is not more than that
 */
void buf_empty(struct buf *b, size_t keep_bytes);

/** buf_clear - drop everything */
void buf_clear(struct buf *b);

/** buf_borrow - a queue without memory gets a spare block, if there is one */
void buf_borrow(struct buf *b, struct buf_pool *pool);

/** buf_leave - drop everything; the block becomes a spare one, if it may */
void buf_leave(struct buf *b, struct buf_pool *pool);

/** buf_pool_clear - free all spare blocks */
void buf_pool_clear(struct buf_pool *pool);

#endif
