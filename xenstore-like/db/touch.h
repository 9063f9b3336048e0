/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The touches and the accounting of edits, for the files that edit. */
#ifndef STORE_TOUCH_H
#define STORE_TOUCH_H

#include <store/edit.h>

/**
 * touch_at - the touch of a path, made if it is the first
 * @path: the first @len bytes are the path
 *
 * Returns: the touch, valid until the next call; NULL there is no memory.
 */
struct touch *touch_at(struct edit *e, const char *path, size_t len);

/** touch_find - the touch of that path, or NULL; valid as by touch_at() */
struct touch *touch_find(const struct edit *e, const char *path, size_t len);

/** touch_find_hashed - the same; @hash is that of the path by hash_more() */
struct touch *touch_find_hashed(const struct edit *e, uint32_t hash,
                                const char *path, size_t len);

/** acct_room - make sure that acct_add() for @domid works; 0 or -ENOMEM */
int acct_room(struct acct *a, uint16_t domid);

/** acct_add - @nodes and @bytes more for @domid, for which there is room */
void acct_add(struct acct *a, uint16_t domid, int nodes, long bytes);

/** acct_room_below - acct_room() for all owners at and below @n */
int acct_room_below(struct acct *a, const struct node *n);

/** acct_drop_below - count @n and all below it out; there is room */
void acct_drop_below(struct acct *a, const struct node *n);

#endif
