/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pages of a domain were written, by pseudo-physical frame number, in
 * rounds: a round ends when the toolstack takes the log.
 *
 * A page that others can write without being seen is dirty in each round in
 * which they can.  So it is noted for the next round too when it is given to
 * them, and again at the end of each round in which it still is theirs.
 */
#include <hv/types.h>

#include "dirty_log.h"

static bool set(uint64_t *map, unsigned long bit)
{
    uint64_t mask = 1UL << bit % 64;

    /* Mostly it is set: then nothing is written. */
    return !(__atomic_load_n(&map[bit / 64], __ATOMIC_RELAXED) & mask) &&
           !(__atomic_fetch_or(&map[bit / 64], mask, __ATOMIC_SEQ_CST) & mask);
}

void dirty_log_set(struct dirty_log *l, unsigned long bit)
{
    if (bit < l->nr_bits && set(l->now, bit))
        __atomic_fetch_add(&l->nr_dirty, 1, __ATOMIC_RELAXED);
}

void dirty_log_set_next(struct dirty_log *l, unsigned long bit)
{
    if (bit < l->nr_bits)
        set(l->next, bit);
}

/* In this order: dirty_log_take() looks in the other. */
void dirty_log_set_twice(struct dirty_log *l, unsigned long bit)
{
    dirty_log_set_next(l, bit);
    dirty_log_set(l, bit);
}

bool dirty_log_has(const struct dirty_log *l, unsigned long bit)
{
    return bit >= l->nr_bits ||
           (__atomic_load_n(&l->now[bit / 64], __ATOMIC_RELAXED) >> bit % 64 &
            1);
}

uint64_t dirty_log_take(struct dirty_log *l, unsigned long i)
{
    uint64_t ended = __atomic_exchange_n(&l->now[i], 0, __ATOMIC_SEQ_CST);
    uint64_t carried = __atomic_exchange_n(&l->next[i], 0, __ATOMIC_SEQ_CST);

    __atomic_fetch_or(&l->now[i], carried, __ATOMIC_SEQ_CST);
    return ended;
}
