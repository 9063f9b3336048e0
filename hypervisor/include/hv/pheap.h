/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A heap of nodes ordered by a 64-bit key, smallest first (time/pheap.c).
 * It needs no memory of its own: deadlines and run queues hang in it however
 * many there are.  Inserting costs a handful of instructions, removing is
 * logarithmic in the long run.  Pure.
 */
#pragma once

#include <hv/types.h>

struct pheap_node {
    struct pheap_node *child; /* first child; children have keys >= ours */
    struct pheap_node *next;  /* next sibling */
    struct pheap_node *prev;  /* previous sibling, or parent of the first */
    uint64_t key;             /* set by the owner before inserting */
};

struct pheap {
    struct pheap_node *root; /* smallest key; NULL: empty */
};

/* pheap_insert - add @n, which is in no heap, by its key */
void pheap_insert(struct pheap *h, struct pheap_node *n);

/* pheap_remove - take out @n, which is in @h */
void pheap_remove(struct pheap *h, struct pheap_node *n);

/**
 * pheap_walk - the node after @n in a walk that begins at the root
 *
 * A parent comes before its children; apart from that there is no order.
 * Returns: NULL after the last.
 */
struct pheap_node *pheap_walk(const struct pheap_node *n);
