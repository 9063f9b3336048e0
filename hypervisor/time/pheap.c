/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairing heap (pure).  A tree in heap order whose nodes keep their children
 * in a list; two trees merge by making one the first child of the other.
 */
#include <hv/pheap.h>

/* Both are roots; the older one (@a) stays on top of equal keys. */
static struct pheap_node *merge(struct pheap_node *a, struct pheap_node *b)
{
    if (b->key < a->key) {
        struct pheap_node *t = a;

        a = b;
        b = t;
    }
    b->prev = a;
    b->next = a->child;
    if (a->child)
        a->child->prev = b;
    a->child = b;

    return a;
}

/* Make one tree of a list of siblings: pairs first, then from the right. */
static struct pheap_node *merge_siblings(struct pheap_node *n)
{
    struct pheap_node *pairs = NULL, *root;

    while (n) {
        struct pheap_node *a = n, *b = n->next;

        n = b ? b->next : NULL;
        if (b)
            a = merge(a, b);
        a->next = pairs;
        pairs = a;
    }
    if (!pairs)
        return NULL;

    root = pairs;
    pairs = pairs->next;
    while (pairs) {
        struct pheap_node *rest = pairs->next;

        root = merge(root, pairs);
        pairs = rest;
    }
    root->next = NULL;
    root->prev = NULL;

    return root;
}

void pheap_insert(struct pheap *h, struct pheap_node *n)
{
    n->child = NULL;
    n->next = NULL;
    n->prev = NULL;
    if (!h->root) {
        h->root = n;
        return;
    }
    h->root = merge(h->root, n);
    h->root->next = NULL;
    h->root->prev = NULL;
}

void pheap_remove(struct pheap *h, struct pheap_node *n)
{
    struct pheap_node *sub = merge_siblings(n->child);

    if (h->root == n) {
        h->root = sub;
        return;
    }

    if (n->prev->child == n)
        n->prev->child = n->next;
    else
        n->prev->next = n->next;
    if (n->next)
        n->next->prev = n->prev;
    if (sub) {
        h->root = merge(h->root, sub);
        h->root->next = NULL;
        h->root->prev = NULL;
    }
}

struct pheap_node *pheap_walk(const struct pheap_node *n)
{
    if (n->child)
        return n->child;
    while (n && !n->next) {
        while (n->prev && n->prev->child != n)
            n = n->prev;
        n = n->prev; /* the parent */
    }
    return n ? n->next : NULL;
}
