/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A binary buddy allocator over the frame table (pure).
 *
 * Blocks of 2^n frames, aligned to their size, stand on a list by zone (bits
 * in the frame number: a request for addresses below 2^m takes from the
 * zones up to m) and order.  A block is all clean (scrubbed) or all dirty;
 * buddies merge only if both are the same.  Clean blocks stand at the head
 * of their list, dirty ones at the tail.
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

static unsigned int zone_of(uint32_t i)
{
    return i ? 32 - __builtin_clz(i) : 0;
}

static void block_add(struct buddy *b, uint32_t i, unsigned int order,
                      bool dirty)
{
    unsigned int z = zone_of(i);
    uint32_t *head = &b->head[z][order];
    struct frame *f = &b->frames[i], *first;

    f->ref = REF_RAM | (uint64_t)OWNER_FREE << REF_OWNER_SHIFT | REF_FREE |
             (dirty ? REF_DIRTY : 0);
    f->aux = order;
    b->nr_free += 1UL << order;
    if (dirty)
        b->nr_dirty += 1UL << order;
    b->orders[z] |= 1U << order;
    b->zones |= 1UL << z;

    if (*head == FRAME_NONE) {
        f->next = f->prev = *head = i;
        return;
    }
    first = &b->frames[*head];
    f->next = *head;
    f->prev = first->prev;
    b->frames[first->prev].next = i;
    first->prev = i;
    if (!dirty)
        *head = i;
}

static void block_del(struct buddy *b, uint32_t i)
{
    struct frame *f = &b->frames[i];
    unsigned int z = zone_of(i), order = f->aux;
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
    b->nr_free -= 1UL << order;
    if (f->ref & REF_DIRTY)
        b->nr_dirty -= 1UL << order;
    f->ref &= ~(REF_FREE | REF_DIRTY);
    f->next = f->prev = FRAME_NONE;
}

/* May the block at @i of @order be merged with a neighbour of that kind? */
static bool mergeable(const struct buddy *b, uint32_t i, unsigned int order,
                      bool dirty)
{
    uint64_t want = REF_FREE | (dirty ? REF_DIRTY : 0);

    return i < b->nr_frames &&
           (b->frames[i].ref & (REF_FREE | REF_DIRTY)) == want &&
           b->frames[i].aux == order;
}

void buddy_free(struct buddy *b, uint32_t i, unsigned int order, bool dirty)
{
    ASSERT(order < BUDDY_ORDERS && !(i & ((1U << order) - 1)));

    for (uint32_t n = 0; n < 1U << order; n++) {
        struct frame *f = &b->frames[i + n];

        ASSERT(!(f->ref & REF_FREE));
        f->ref = REF_RAM | (uint64_t)OWNER_FREE << REF_OWNER_SHIFT;
        f->type = 0;
    }

    while (order + 1 < BUDDY_ORDERS) {
        uint32_t other = i ^ (1U << order);

        /* Blocks do not span zones: the lower half of zone 0 is frame 0. */
        if (!mergeable(b, other, order, dirty) ||
            zone_of(i & other) != zone_of(i | other))
            break;
        block_del(b, other);
        i &= other;
        order++;
    }
    block_add(b, i, order, dirty);
}

/* Give back the upper halves of a block until 2^@want frames are left. */
static void split(struct buddy *b, uint32_t i, unsigned int order,
                  unsigned int want, bool dirty)
{
    while (order > want) {
        order--;
        block_add(b, i + (1U << order), order, dirty);
    }
}

uint32_t buddy_alloc(struct buddy *b, unsigned int order, unsigned int max_bits,
                     bool *dirty)
{
    unsigned int highest = MIN(max_bits, BUDDY_ZONES - 1U);
    uint64_t zones = b->zones & ((2UL << highest) - 1);

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
        block_del(b, i);
        split(b, i, o, order, *dirty);
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
            block_del(b, i);
            if (o > *order)
                split(b, i, o, *order, true);
            else
                *order = o;
            return i;
        }
    }
    return FRAME_NONE;
}
