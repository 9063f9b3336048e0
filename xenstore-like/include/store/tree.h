/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of nodes.
 *
 * INVARIANT TREE-1: a node that two references reach does not change.  Who
 * wants to change it makes a copy that only he reaches.
 *
 * So one more reference to a root is a snapshot of the whole tree, taken in
 * constant time, and a change copies no more than the way from the root to
 * the place, and only as far as it is shared.
 *
 * The children of a node are a balanced search tree (AVL) threaded through
 * the children themselves, ordered by node_order(): a directory of 100,000
 * entries costs 17 steps.
 */
#ifndef STORE_TREE_H
#define STORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <store/perm.h>

struct node {
    uint64_t key; /* node_key() of its name: a search reads these alone */
    struct node *left, *right; /* siblings */
    struct node *kids;         /* root of the tree of children */
    uint32_t refs;             /* parents, siblings and holders of snapshots */
    uint32_t list_bytes; /* names with their NULs, of it and those below it
                            among its siblings */
    uint16_t name_len;   /* bytes */
    uint16_t value_len;  /* bytes */
    uint8_t height;      /* among its siblings; a leaf has 1 */
    struct perms *perms;
    uint64_t gen;      /* when it was made, or its value last written */
    uint64_t kids_gen; /* when a child last came or went */
    char text[];       /* name, NUL, value */
};

/** node_bytes - memory that @n by itself takes */
static inline long node_bytes(const struct node *n)
{
    return (long)sizeof(*n) + n->name_len + 1 + n->value_len;
}

/* What a new or replaced node holds. */
struct content {
    const void *value;
    size_t value_len;    /* bytes, at most UINT16_MAX */
    struct perms *perms; /* the tree takes a reference of its own */
    uint64_t gen;        /* generation of the change */
};

/** node_value - the value's bytes */
static inline const char *node_value(const struct node *n)
{
    return n->text + n->name_len + 1;
}

/**
 * node_new - a node on its own, with one reference
 * @name: @name_len bytes, no slash among them; a root has none
 * @c:    what it holds
 *
 * Returns: the node, or NULL when there is no memory.
 */
struct node *node_new(const char *name, size_t name_len,
                      const struct content *c);

/**
 * node_get - one more reference to @n, and by it to all below; returns @n
 *
 * A reader may take one: the count is not part of what a node says.
 */
struct node *node_get(const struct node *n);

/**
 * node_put - one reference less; the last frees, and so on below
 *
 * Needs no memory and no deep stack.  NULL is nothing.
 */
void node_put(struct node *n);

/**
 * node_order - how siblings are ordered: as strcmp() would, by name
 *
 * But names made of digits come first, by their value: the devices of a
 * guest are probed, and so named, in the order of their numbers.
 */
int node_order(const char *a, size_t a_len, const char *b, size_t b_len);

/**
 * node_key - the beginning of a name as a number, in the same order
 *
 * Names with different keys are ordered as these.  Names of one length below 8
 * with the same key are the same.
 */
uint64_t node_key(const char *name, size_t len);

/**
 * node_copy_name - copy a node's name with its NUL
 * @out: room for that and 8 bytes more
 *
 * A short name comes from the key, and the node's text stays out of the cache.
 * Returns: bytes of the name without its NUL.
 */
size_t node_copy_name(const struct node *n, char *out);

/** tree_find - the node at @path below @root, or NULL; borrowed */
const struct node *tree_find(const struct node *root, const char *path);

/**
 * tree_nearest - the deepest node on the way to @path that exists
 * @len: set to the bytes of @path that name it (1 for the root)
 *
 * Returns: the node, borrowed; there is always one, the root.
 */
const struct node *tree_nearest(const struct node *root, const char *path,
                                size_t *len);

/**
 * tree_find_both - the nodes at @path below two roots
 * @a, @b: the roots; set to the nodes, borrowed, or to NULL
 *
 * Where the two trees share the way it goes no further: both are then set to
 * one node, which is that at @path or one above it.
 */
void tree_find_both(const struct node **a, const struct node **b,
                    const char *path);

/**
 * tree_own - make the existing node at @path one that may change (TREE-1)
 * @out: set to the link that reaches it; valid until the next change
 *
 * Returns: 0; -ENOENT; -ENOMEM.  The tree holds what it held.
 */
int tree_own(struct node **root, const char *path, struct node ***out);

/**
 * node_set - give a node another value and list
 * @slot: the link that reaches it, from tree_own(); the node may move
 *
 * Returns: 0; -ENOMEM, the node is as it was.
 */
int node_set(struct node **slot, const struct content *c);

/**
 * tree_set - give the existing node at @path another value and list
 *
 * Returns: 0; -ENOENT; -ENOMEM, the tree then holds what it held.
 */
int tree_set(struct node **root, const char *path, const struct content *c);

/**
 * tree_set_perms - give the existing node at @path another list
 *
 * Returns: 0; -ENOENT; -ENOMEM, the tree then holds what it held.
 */
int tree_set_perms(struct node **root, const char *path, struct perms *perms);

/**
 * tree_add - hang @n below the node whose path is the first @len bytes
 * @path:   absolute; @len bytes of it name the parent
 * @n:      its reference goes to the tree on success
 * @gen:    generation of the change
 *
 * Returns: 0; -ENOENT no such parent; -EEXIST it has a child of that name;
 *          -ENOMEM.  When not 0 the tree holds what it held, and the caller
 *          still holds @n.
 */
int tree_add(struct node **root, const char *path, size_t len, struct node *n,
             uint64_t gen);

/**
 * tree_remove - take out the node at @path with all below it
 * @gen: generation of the change
 * @out: set to the node; its reference is the caller's
 *
 * Returns: 0; -ENOENT; -EINVAL it is the root; -ENOMEM, the tree then holds
 *          what it held.
 */
int tree_remove(struct node **root, const char *path, uint64_t gen,
                struct node **out);

/**
 * node_list - the names of children, in order
 * @n:     the parent
 * @from:  leave out the names that begin before this offset, in bytes of the
 *         list of all names with their NULs
 * @visit: called for each; false stops
 *
 * Takes as long as the names visited, not as those left out.
 */
void node_list(const struct node *n, size_t from,
               bool (*visit)(void *arg, const struct node *kid), void *arg);

/** node_list_bytes - bytes of all children's names with their NULs */
static inline size_t node_list_bytes(const struct node *n)
{
    return n->kids ? n->kids->list_bytes : 0;
}

/**
 * node_walk - @n and everything below it, parents first
 * @path:  PATH_ROOM bytes that hold the path of @n; each visit finds the
 *         visited node's path in them
 * @len:   bytes of that path
 * @visit: called for each; false leaves out what is below the node
 */
void node_walk(const struct node *n, char *path, size_t len,
               bool (*visit)(void *arg, const struct node *n, const char *path,
                             size_t len),
               void *arg);

#endif
