/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue of bytes. */
#include <errno.h>
#include <string.h>

#include <store/buf.h>
#include <store/mem.h>

char *buf_reserve(struct buf *b, size_t len_bytes)
{
    size_t used = buf_len(b);
    size_t want = b->capacity ? b->capacity : BUF_MIN;
    char *mem;

    if (b->capacity - b->tail >= len_bytes)
        return b->mem + b->tail;

    /* Moving is cheap when at least half of the block is free again. */
    if (b->mem && b->head >= used && b->capacity - used >= len_bytes) {
        memmove(b->mem, b->mem + b->head, used);
        b->head = 0;
        b->tail = used;
        return b->mem + b->tail;
    }

    while (want - used < len_bytes)
        want *= 2;
    mem = mem_alloc(want);
    if (!mem)
        return NULL;
    if (used)
        memcpy(mem, b->mem + b->head, used);
    mem_free(b->mem);
    b->mem = mem;
    b->head = 0;
    b->tail = used;
    b->capacity = want;
    return b->mem + b->tail;
}

void buf_added(struct buf *b, size_t len_bytes) { b->tail += len_bytes; }

int buf_append(struct buf *b, const void *data, size_t len_bytes)
{
    char *p;

    if (!len_bytes)
        return 0;
    p = buf_reserve(b, len_bytes);
    if (!p)
        return -ENOMEM;
    memcpy(p, data, len_bytes);
    buf_added(b, len_bytes);
    return 0;
}

void buf_taken(struct buf *b, size_t len_bytes)
{
    b->head += len_bytes;
    if (b->head == b->tail)
        buf_clear(b);
}

void buf_cut(struct buf *b, size_t len_bytes)
{
    b->tail = b->head + len_bytes;
    if (b->head == b->tail)
        buf_clear(b);
}

void buf_empty(struct buf *b, size_t keep_bytes)
{
    if (b->capacity > keep_bytes)
        buf_clear(b);
    b->head = b->tail = 0;
}

void buf_clear(struct buf *b)
{
    mem_free(b->mem);
    memset(b, 0, sizeof(*b));
}

void buf_borrow(struct buf *b, struct buf_pool *pool)
{
    if (b->mem || !pool->nr)
        return;
    b->mem = pool->block[--pool->nr];
    b->head = b->tail = 0;
    b->capacity = BUF_MIN;
}

void buf_leave(struct buf *b, struct buf_pool *pool)
{
    if (b->capacity == BUF_MIN && pool->nr < BUF_SPARES) {
        pool->block[pool->nr++] = b->mem;
        b->mem = NULL;
    }
    buf_clear(b);
}

void buf_pool_clear(struct buf_pool *pool)
{
    while (pool->nr)
        mem_free(pool->block[--pool->nr]);
}
