/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of nodes; keeps TREE-1. */
#include <errno.h>
#include <string.h>

#include <store/kids.h>
#include <store/mem.h>
#include <store/parse.h>
#include <store/tree.h>

static size_t node_size(size_t name_len, size_t value_len)
{
    return sizeof(struct node) + name_len + 1 + value_len;
}

struct node *node_new(const char *name, size_t name_len,
                      const struct content *c)
{
    struct node *n = mem_alloc(node_size(name_len, c->value_len));

    if (!n)
        return NULL;
    memset(n, 0, sizeof(*n));
    n->refs = 1;
    n->height = 1;
    n->key = node_key(name, name_len);
    n->name_len = name_len;
    n->list_bytes = name_len + 1;
    n->value_len = c->value_len;
    n->gen = n->kids_gen = c->gen;
    n->perms = perms_get(c->perms);
    memcpy(n->text, name, name_len);
    n->text[name_len] = '\0';
    if (c->value_len)
        memcpy(n->text + name_len + 1, c->value, c->value_len);
    return n;
}

struct node *node_get(const struct node *n)
{
    struct node *held = (struct node *)(uintptr_t)n;

    held->refs++;
    return held;
}

/* Chain @n before @dead, through its generation, if nothing reaches it now. */
static struct node *drop(struct node *n, struct node *dead)
{
    if (!n || --n->refs)
        return dead;
    n->gen = (uintptr_t)dead;
    return n;
}

void node_put(struct node *n)
{
    struct node *dead = drop(n, NULL);

    while (dead) {
        n = dead;
        dead = (struct node *)(uintptr_t)n->gen;
        dead = drop(n->left, dead);
        dead = drop(n->right, dead);
        dead = drop(n->kids, dead);
        perms_put(n->perms);
        mem_free(n);
    }
}

const struct node *tree_nearest(const struct node *root, const char *path,
                                size_t *len)
{
    const struct node *n = root, *kid;
    const char *pos = path, *name;
    size_t name_len;

    *len = 1;
    while ((name_len = path_next(&pos, &name))) {
        kid = kids_find(n->kids, name, name_len);
        if (!kid)
            break;
        n = kid;
        *len = pos - path;
    }
    return n;
}

const struct node *tree_find(const struct node *root, const char *path)
{
    const struct node *n = root;
    const char *name;
    size_t len;

    while (n && (len = path_next(&path, &name)))
        n = kids_find(n->kids, name, len);
    return n;
}

void tree_find_both(const struct node **a, const struct node **b,
                    const char *path)
{
    const char *name;
    size_t len;

    while (*a != *b && (len = path_next(&path, &name))) {
        *a = *a ? kids_find((*a)->kids, name, len) : NULL;
        *b = *b ? kids_find((*b)->kids, name, len) : NULL;
    }
}

/* Own the way to the node that the first @len bytes of @path name. */
static int own_path(struct node **root, const char *path, size_t len,
                    struct node ***out)
{
    const char *pos = path, *name;
    size_t name_len;
    int err;

    if (node_own(root))
        return -ENOMEM;
    while (len > 1 && pos < path + len) {
        name_len = path_next(&pos, &name);
        err = kids_slot(&(*root)->kids, name, name_len, &root);
        if (err)
            return err;
    }
    *out = root;
    return 0;
}

int tree_own(struct node **root, const char *path, struct node ***out)
{
    return own_path(root, path, strlen(path), out);
}

int node_set(struct node **slot, const struct content *c)
{
    struct node *n = *slot;
    struct perms *old;

    if (n->value_len != c->value_len) {
        n = mem_resize(n, node_size(n->name_len, c->value_len));
        if (!n)
            return -ENOMEM;
        *slot = n;
    }
    old = n->perms;
    n->perms = perms_get(c->perms);
    perms_put(old);
    n->value_len = c->value_len;
    n->gen = c->gen;
    if (c->value_len)
        memcpy(n->text + n->name_len + 1, c->value, c->value_len);
    return 0;
}

int tree_set(struct node **root, const char *path, const struct content *c)
{
    struct node **slot;
    int err = tree_own(root, path, &slot);

    return err ? err : node_set(slot, c);
}

int tree_set_perms(struct node **root, const char *path, struct perms *perms)
{
    struct node **slot;
    struct perms *old;
    int err;

    err = tree_own(root, path, &slot);
    if (err)
        return err;

    old = (*slot)->perms;
    (*slot)->perms = perms_get(perms);
    perms_put(old);
    return 0;
}

int tree_add(struct node **root, const char *path, size_t len, struct node *n,
             uint64_t gen)
{
    struct node **slot;
    int err;

    err = own_path(root, path, len, &slot);
    if (!err)
        err = kids_insert(&(*slot)->kids, n);
    if (!err)
        (*slot)->kids_gen = gen;
    return err;
}

int tree_remove(struct node **root, const char *path, uint64_t gen,
                struct node **out)
{
    size_t len = strlen(path), up;
    struct node **slot;
    const char *name;
    int err;

    if (len == 1)
        return -EINVAL;

    up = path_parent_len(path, len);
    name = path + up + (up > 1);
    err = own_path(root, path, up, &slot);
    if (!err)
        err = kids_remove(&(*slot)->kids, name, path + len - name, out);
    if (!err)
        (*slot)->kids_gen = gen;
    return err;
}

struct lister {
    bool (*visit)(void *arg, const struct node *kid);
    void *arg;
};

static bool list_from(const struct node *n, size_t from, const struct lister *l)
{
    size_t before, here;

    if (!n || from >= n->list_bytes)
        return true;
    __builtin_prefetch(n->left); /* of a big tree, little is in the cache */
    __builtin_prefetch(n->right);
    before = n->left ? n->left->list_bytes : 0;
    here = before + n->name_len + 1;

    if (from < before && !list_from(n->left, from, l))
        return false;
    if (from <= before && !l->visit(l->arg, n))
        return false;
    return list_from(n->right, from > here ? from - here : 0, l);
}

void node_list(const struct node *n, size_t from,
               bool (*visit)(void *arg, const struct node *kid), void *arg)
{
    const struct lister l = { visit, arg };

    list_from(n->kids, from, &l);
}

struct walker {
    char *path;
    bool (*visit)(void *arg, const struct node *n, const char *path,
                  size_t len);
    void *arg;
};

static void walk_kids(const struct node *n, size_t len, const struct walker *w)
{
    size_t at = len > 1 ? len + 1 : 1; /* behind "/a/", behind "/" */

    if (!n)
        return;
    walk_kids(n->left, len, w);
    w->path[at - 1] = '/';
    memcpy(w->path + at, n->text, n->name_len + 1);
    if (w->visit(w->arg, n, w->path, at + n->name_len))
        walk_kids(n->kids, at + n->name_len, w);
    walk_kids(n->right, len, w);
}

void node_walk(const struct node *n, char *path, size_t len,
               bool (*visit)(void *arg, const struct node *n, const char *path,
                             size_t len),
               void *arg)
{
    const struct walker w = { path, visit, arg };

    if (visit(arg, n, path, len))
        walk_kids(n->kids, len, &w);
}
