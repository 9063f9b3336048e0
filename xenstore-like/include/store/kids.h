/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Siblings as a balanced tree: used by tree.c alone. */
#ifndef STORE_KIDS_H
#define STORE_KIDS_H

#include <store/tree.h>

/**
 * node_own - make the node at @slot one that only @slot reaches (TREE-1)
 *
 * The caller owns what @slot lies in.  Returns: 0; -ENOMEM, nothing changed.
 */
int node_own(struct node **slot);

/** kids_find - the sibling of that name below @n, or NULL; borrowed */
struct node *kids_find(struct node *n, const char *name, size_t len);

/**
 * kids_slot - the link that reaches the sibling of that name
 * @slot: root of the siblings
 * @out:  set to the link; all on the way to it is owned
 *
 * Returns: 0; -ENOENT; -ENOMEM.
 */
int kids_slot(struct node **slot, const char *name, size_t len,
              struct node ***out);

/**
 * kids_insert - add @n to the siblings at @slot
 *
 * Returns: 0; -EEXIST; -ENOMEM; @n is the caller's still when not 0.
 */
int kids_insert(struct node **slot, struct node *n);

/**
 * kids_remove - take a name out of the siblings at @slot
 * @out: set to the node, owned, the caller's
 *
 * Returns: 0; -ENOENT; -ENOMEM, nothing changed.
 */
int kids_remove(struct node **slot, const char *name, size_t len,
                struct node **out);

#endif
