/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bitmaps of a dirty log; pure, see dirty_log.c. */
#pragma once

#include <hv/types.h>

struct dirty_log {
    unsigned long nr_bits; /* a multiple of 64; higher ones are not kept */
    uint64_t *now;         /* dirty in this round */
    uint64_t *next;        /* dirty in the next one too, whatever happens */
    uint32_t nr_dirty;     /* bits set in `now' since it was empty */
};

/* dirty_log_set - @bit is dirty in this round; any CPU at any time */
void dirty_log_set(struct dirty_log *l, unsigned long bit);

/* dirty_log_set_twice - in this round and in the next */
void dirty_log_set_twice(struct dirty_log *l, unsigned long bit);

/* dirty_log_set_next - in the next round only */
void dirty_log_set_next(struct dirty_log *l, unsigned long bit);

/* dirty_log_has - is it dirty?  True for what is not kept. */
bool dirty_log_has(const struct dirty_log *l, unsigned long bit);

/**
 * dirty_log_take - word @i of the round that ends; the next one begins
 *
 * Others may set bits meanwhile: they end up in one of the rounds, those of
 * dirty_log_set_twice() at least in the next.
 */
uint64_t dirty_log_take(struct dirty_log *l, unsigned long i);
