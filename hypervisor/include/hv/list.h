/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Circular doubly linked list; the head is an element like the others. */
#pragma once

#include <hv/types.h>

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(name)                                                        \
    {                                                                          \
        &(name), &(name)                                                       \
    }

static inline void list_init(struct list *l) { l->next = l->prev = l; }

/* Insert @e before @pos; before the head means at the tail. */
static inline void list_add_before(struct list *e, struct list *pos)
{
    e->prev = pos->prev;
    e->next = pos;
    pos->prev->next = e;
    pos->prev = e;
}

/* Remove @e and leave it as an empty list, so removing twice is harmless. */
static inline void list_del(struct list *e)
{
    e->prev->next = e->next;
    e->next->prev = e->prev;
    list_init(e);
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_for_each_entry(p, type, head, member)                             \
    for (type *p = list_entry((head)->next, type, member);                     \
         &p->member != (head); p = list_entry(p->member.next, type, member))
