/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A doubly linked ring of links that live inside their objects. */
#ifndef STORE_LIST_H
#define STORE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A list's head, and a member's link.  An unlinked link points at itself. */
struct list {
    struct list *prev, *next;
};

/* The object of type @type whose link @member is at @ptr. */
#define list_entry(ptr, type, member)                                          \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* for (LIST_EACH(pos, next, head)): every link of @head in order; the current
 * one may be removed. */
#define LIST_EACH(pos, nxt, head)                                              \
    (pos) = (head)->next, (nxt) = (pos)->next;                                 \
    (pos) != (head);                                                           \
    (pos) = (nxt), (nxt) = (pos)->next

/** list_init - make @l an empty list, or an unlinked link */
static inline void list_init(struct list *l) { l->prev = l->next = l; }

/** list_empty - is @l an empty list, or an unlinked link? */
static inline bool list_empty(const struct list *l) { return l->next == l; }

/** list_add_tail - put the unlinked @l behind the last of @head */
static inline void list_add_tail(struct list *head, struct list *l)
{
    l->prev = head->prev;
    l->next = head;
    head->prev->next = l;
    head->prev = l;
}

/** list_del - take @l out of its list, if it is in one */
static inline void list_del(struct list *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    list_init(l);
}

#endif
