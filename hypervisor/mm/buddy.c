/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A binary buddy allocator over the frame table (pure).
 *
 * Blocks of 2^n frames, aligned to their size, stand on a list by zone (the
 * highest bit in the frame number: a request for addresses below 2^m takes
 * from the m lowest zones) and order.  A block is all clean (scrubbed) or all
 * dirty; buddies merge only if both are the same.  Clean blocks stand at the
 * head of their list, dirty ones at the tail.  The type word of each frame says
 * who has left its bytes there.
 */
#include <hv/bug.h>

#include "buddy.h"

void buddy_init(struct buddy *b, struct frame *frames, unsigned long nr_frames)
{
    b->frames = frames;
    b->nr_frames = nr_frames;
    b->nr_free = b->nr_dirty = 0;
    b->zones = 0;
    for (unsigned int z = 0; z < BUDDY_ZONES; z++) {
        b->orders[z] = 0;
        for (unsigned int o = 0; o < BUDDY_ORDERS; o++)
            b->head[z][o] = FRAME_NONE;
    }
}

static unsigned int zone_of(uint32_t i) { return 31 - __builtin_clz(i | 1); }

/* The reference word of the first frame of a block: all that we know of it. */
static uint64_t block_word(unsigned int order, bool dirty)
{
    return REF_UNUSED | REF_FREE | (dirty ? REF_DIRTY : 0) |
           (uint64_t)order << REF_ORDER_SHIFT;
}

static inline void block_add(struct buddy *b, uint32_t i, unsigned int order,
                             uint64_t word)
{
    unsigned int z = zone_of(i);
    uint32_t *head = &b->head[z][order];
    struct frame *f = &b->frames[i], *first;

    f->ref = word;
    if (*head == FRAME_NONE) {
        f->next = f->prev = *head = i;
        b->orders[z] |= 1U << order;
        b->zones |= 1UL << z;
        return;
    }
    first = &b->frames[*head];
    f->next = *head;
    f->prev = first->prev;
    b->frames[first->prev].next = i;
    first->prev = i;
    if (!(word & REF_DIRTY))
        *head = i;
}

static inline void block_del(struct buddy *b, uint32_t i, unsigned int order)
{
    struct frame *f = &b->frames[i];
    unsigned int z = zone_of(i);
    uint32_t *head = &b->head[z][order];

    ASSERT(f->ref & REF_FREE);
    if (f->next == i) {
        *head = FRAME_NONE;
        b->orders[z] &= ~(1U << order);
        if (!b->orders[z])
            b->zones &= ~(1UL << z);
    } else {
        b->frames[f->prev].next = f->next;
        b->frames[f->next].prev = f->prev;
        if (*head == i)
            *head = f->next;
    }
    f->ref = REF_UNUSED;
    f->next = f->prev = FRAME_NONE;
}

void buddy_free(struct buddy *b, uint32_t i, unsigned int order,
                uint64_t left_by)
{
    uint64_t word = block_word(order, left_by);
    unsigned long nr = 1UL << order;
    struct frame *f = &b->frames[i], *end = f + nr;

    ASSERT(order < BUDDY_ORDERS && !(i & ((1U << order) - 1)));

    for (; f < end; f++) {
        ASSERT(!(f->ref & REF_FREE));
        f->ref = REF_UNUSED;
        f->type = left_by;
    }
    b->nr_free += nr;
    b->nr_dirty += left_by ? nr : 0;

    for (; order + 1 < BUDDY_ORDERS; order++, nr *= 2) {
        uint32_t other = i ^ (uint32_t)nr;

        /* Blocks do not span zones: none begins at frame 0. */
        if (other >= b->nr_frames || b->frames[other].ref != word ||
            !(i & other))
            break;
        block_del(b, other, order);
        i &= other;
        word += 1UL << REF_ORDER_SHIFT;
    }
    block_add(b, i, order, word);
}

/* Take 2^@want frames off the list, from the block at @i of 2^@order. */
static void take(struct buddy *b, uint32_t i, unsigned int order,
                 unsigned int want, bool dirty)
{
    block_del(b, i, order);
    while (order > want) {
        order--;
        block_add(b, i + (1U << order), order, block_word(order, dirty));
    }
    b->nr_free -= 1UL << want;
    if (dirty)
        b->nr_dirty -= 1UL << want;
}

uint32_t buddy_alloc(struct buddy *b, unsigned int order, unsigned int max_bits,
                     bool *dirty)
{
    uint64_t zones = b->zones & ((1UL << MIN(max_bits, BUDDY_ZONES)) - 1);

    if (order >= BUDDY_ORDERS)
        return FRAME_NONE;

    while (zones) {
        unsigned int z = 63 - __builtin_clzl(zones);
        uint32_t fit = b->orders[z] & ~((1U << order) - 1);
        unsigned int o;
        uint32_t i;

        if (!fit) {
            zones &= ~(1UL << z);
            continue;
        }
        o = __builtin_ctz(fit);
        i = b->head[z][o];
        *dirty = b->frames[i].ref & REF_DIRTY;
        take(b, i, o, order, *dirty);
        return i;
    }
    return FRAME_NONE;
}

uint32_t buddy_take_dirty(struct buddy *b, unsigned int *order)
{
    if (!b->nr_dirty)
        return FRAME_NONE;

    for (unsigned int z = BUDDY_ZONES; z--;) {
        for (uint32_t left = b->orders[z]; left; left &= left - 1) {
            unsigned int o = __builtin_ctz(left);
            uint32_t i = b->frames[b->head[z][o]].prev;

            if (!(b->frames[i].ref & REF_DIRTY))
                continue;
            *order = MIN(*order, o);
            take(b, i, o, *order, true);
            return i;
        }
    }
    return FRAME_NONE;
}
