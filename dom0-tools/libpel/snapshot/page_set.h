/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages there are, and where: a hash table from sums to places. */
#ifndef PEL_SNAPSHOT_PAGE_SET_H
#define PEL_SNAPSHOT_PAGE_SET_H

#include "sum.h"

struct page_place {
    uint32_t layer; /* of a chain: 0 is the newest snapshot */
    uint32_t slot;  /* of its file of pages */
};

struct page_entry {
    struct snap_sum sum;
    struct page_place place;
    bool used;
};

struct page_set {
    struct page_entry *entries;
    size_t room, nr; /* room: 0 or a power of two */
};

/**
 * page_set_add - note where a page is; the first place of a page stays
 * Returns: 1 it is new; 0 it was there; -1 out of memory
 */
int page_set_add(struct page_set *s, const struct snap_sum *sum,
                 struct page_place place);

/** page_set_find - false when there is no such page; @place may be NULL */
bool page_set_find(const struct page_set *s, const struct snap_sum *sum,
                   struct page_place *place);

void page_set_free(struct page_set *s);

#endif
