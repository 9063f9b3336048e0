/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page allocator's free lists (pure; see buddy.c). */
#pragma once

#include <hv/frame.h>

#define BUDDY_ORDERS 19 /* up to 1 GiB in a block */
#define BUDDY_ZONES 32U /* by the highest bit in a frame number */

struct buddy {
    struct frame *frames;
    unsigned long nr_frames; /* numbers below it have an entry */
    uint32_t head[BUDDY_ZONES][BUDDY_ORDERS]; /* circular; FRAME_NONE empty */
    uint32_t orders[BUDDY_ZONES];             /* bit n: head[][n] not empty */
    uint64_t zones;                           /* bit n: orders[n] not 0 */
    unsigned long nr_free, nr_dirty;          /* frames */
};

void buddy_init(struct buddy *b, struct frame *frames, unsigned long nr_frames);

/* buddy_free - 2^@order frames from @i; @left_by: whose bytes, 0: scrubbed */
void buddy_free(struct buddy *b, uint32_t i, unsigned int order,
                uint64_t left_by);

/**
 * buddy_alloc - 2^@order frames, aligned to their number
 * @max_bits: every frame number has at most that many bits
 * @dirty:    set: they are to be scrubbed first
 *
 * Prefers high frames, to keep low ones for devices.  Returns: the first
 * frame, or FRAME_NONE.
 */
uint32_t buddy_alloc(struct buddy *b, unsigned int order, unsigned int max_bits,
                     bool *dirty);

/* buddy_take_dirty - up to 2^@order dirty frames; sets *@order; FRAME_NONE */
uint32_t buddy_take_dirty(struct buddy *b, unsigned int *order);
