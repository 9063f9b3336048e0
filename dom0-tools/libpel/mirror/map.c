/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which blocks of a disk have to be sent: a bit for each. */
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include "local.h"

int block_map_init(struct pel_ctx *ctx, struct block_map *m, uint64_t size)
{
    *m = (struct block_map){ .size = size };
    m->nr = size / BLOCK_BYTES + (size % BLOCK_BYTES != 0);
    m->words = calloc(m->nr / 64 + 1, sizeof(*m->words));
    return m->words ? 0 : pel_fail_oom(ctx);
}

void block_map_free(struct block_map *m)
{
    free(m->words);
    m->words = NULL;
    m->nr = m->marked = 0;
}

static bool is_marked(const struct block_map *m, uint64_t block)
{
    return m->words[block / 64] >> block % 64 & 1;
}

void block_map_mark(struct block_map *m, uint64_t from, uint64_t to)
{
    if (to > m->size)
        to = m->size;
    if (from >= to)
        return;
    for (uint64_t b = from >> BLOCK_SHIFT; b <= (to - 1) >> BLOCK_SHIFT; b++) {
        m->marked += !is_marked(m, b);
        m->words[b / 64] |= 1ull << b % 64;
    }
}

void block_map_rewind(struct block_map *m) { m->next = 0; }

bool block_map_take(struct block_map *m, uint64_t max, uint64_t *from,
                    uint64_t *to)
{
    uint64_t first, b = m->next;

    while (b < m->nr && !is_marked(m, b))
        b += m->words[b / 64] ? 1 : 64 - b % 64;
    first = b;
    while (b < m->nr && b - first < max >> BLOCK_SHIFT && is_marked(m, b)) {
        m->words[b / 64] &= ~(1ull << b % 64);
        m->marked--;
        b++;
    }
    m->next = b;
    if (first >= m->nr)
        return false;
    *from = first << BLOCK_SHIFT;
    *to = b << BLOCK_SHIFT < m->size ? b << BLOCK_SHIFT : m->size;
    return true;
}
