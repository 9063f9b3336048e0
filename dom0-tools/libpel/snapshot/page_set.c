/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open addressing, at most half full; the sums are as good as random. */
#include <stdlib.h>
#include <string.h>
#include "page_set.h"

#define FIRST_ROOM 1024

/* Its entry, or the empty one where it would be. */
static struct page_entry *seek(const struct page_set *s,
                               const struct snap_sum *sum)
{
    uint64_t at;

    memcpy(&at, sum->bytes, sizeof(at));
    for (;; at++) {
        struct page_entry *e = &s->entries[at & (s->room - 1)];

        if (!e->used || snap_sum_same(&e->sum, sum))
            return e;
    }
}

static int grow(struct page_set *s)
{
    struct page_set bigger = {
        .room = s->room ? 2 * s->room : FIRST_ROOM,
        .nr = s->nr,
    };

    bigger.entries = calloc(bigger.room, sizeof(*bigger.entries));
    if (!bigger.entries)
        return -1;
    for (size_t i = 0; i < s->room; i++)
        if (s->entries[i].used)
            *seek(&bigger, &s->entries[i].sum) = s->entries[i];
    free(s->entries);
    *s = bigger;
    return 0;
}

int page_set_add(struct page_set *s, const struct snap_sum *sum,
                 struct page_place place)
{
    struct page_entry *e;

    if (2 * (s->nr + 1) > s->room && grow(s))
        return -1;
    e = seek(s, sum);
    if (e->used)
        return 0;
    *e = (struct page_entry){ .sum = *sum, .place = place, .used = true };
    s->nr++;
    return 1;
}

bool page_set_find(const struct page_set *s, const struct snap_sum *sum,
                   struct page_place *place)
{
    const struct page_entry *e = s->room ? seek(s, sum) : NULL;

    if (!e || !e->used)
        return false;
    if (place)
        *place = e->place;
    return true;
}

void page_set_free(struct page_set *s)
{
    free(s->entries);
    *s = (struct page_set){ .nr = 0 };
}
