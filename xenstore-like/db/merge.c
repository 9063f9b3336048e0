/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two edits of one tree: do they conflict, and if not, what comes out.
 *
 * Each node counts by itself: two that create siblings, or write different
 * nodes, do not conflict.  Only who listed the children relies on the list.
 */
#include <errno.h>
#include <string.h>

#include <store/parse.h>

#include "touch.h"

static bool differs(const struct node *base, const struct node *now,
                    unsigned int seen)
{
    if (base == now)
        return false;
    if (!base || !now)
        return true;
    return ((seen & SEEN_VALUE) && base->gen != now->gen) ||
           ((seen & SEEN_PERMS) && !perms_same(base->perms, now->perms)) ||
           ((seen & SEEN_KIDS) && base->kids_gen != now->kids_gen);
}

bool edit_conflicts(const struct edit *e, const struct node *base,
                    const struct node *now)
{
    const struct node *was, *is;
    const struct touch *t;

    for (unsigned int i = 0; i < e->nr; i++) {
        t = &e->touches[i];
        was = base;
        is = now;
        tree_find_both(&was, &is, t->path);
        if (t->seen && differs(was, is, t->seen))
            return true;
    }
    return false;
}

static int merge_remove(const struct touch *t, struct node **root,
                        struct acct *acct, uint64_t gen)
{
    const struct node *n = tree_find(*root, t->path);
    struct node *gone;
    int err;

    if (!n)
        return 0; /* it had been created by the edit itself, or is below */
    if (acct_room_below(acct, n))
        return -ENOMEM;
    err = tree_remove(root, t->path, gen, &gone);
    if (err)
        return err;
    acct_drop_below(acct, gone);
    node_put(gone);
    return 0;
}

/* Hang a copy of @from below the first @up bytes of @path. */
static int merge_add(struct node **root, const char *path, size_t up,
                     const struct node *from, struct acct *acct)
{
    const struct content c = { node_value(from), from->value_len, from->perms,
                               from->gen };
    struct node *n;
    int err;

    if (acct_room(acct, perms_owner(from->perms)))
        return -ENOMEM;
    n = node_new(from->text, from->name_len, &c);
    if (!n)
        return -ENOMEM;
    err = tree_add(root, path, up, n, from->gen);
    if (err) {
        node_put(n);
        return err;
    }
    acct_add(acct, perms_owner(from->perms), 1, node_bytes(from));
    return 0;
}

/* Give the node at @slot what @from holds. */
static int merge_set(struct node **slot, const struct node *from,
                     struct acct *acct)
{
    const struct content c = { node_value(from), from->value_len, from->perms,
                               from->gen };
    uint16_t was = perms_owner((*slot)->perms);
    long bytes = node_bytes(*slot);
    int err;

    if (acct_room(acct, was) || acct_room(acct, perms_owner(from->perms)))
        return -ENOMEM;
    err = node_set(slot, &c);
    if (err)
        return err;
    acct_add(acct, was, -1, -bytes);
    acct_add(acct, perms_owner(from->perms), 1, node_bytes(from));
    return 0;
}

/* Give @root the missing nodes on @path, as @src has them. */
static int merge_chain(const char *path, const struct node *src,
                       struct node **root, struct acct *acct)
{
    const char *pos = path, *name;
    const struct node *n;
    char part[PATH_ROOM];
    size_t have, up;
    int err;

    tree_nearest(*root, path, &have);
    pos += have > 1 ? have : 0;
    for (up = have; path_next(&pos, &name); up = pos - path) {
        memcpy(part, path, pos - path);
        part[pos - path] = '\0';
        n = tree_find(src, part);
        err = merge_add(root, path, up, n, acct);
        if (err)
            return err;
    }
    return 0;
}

/* Give @root the node at @path, and what is missing above it, of @src. */
static int merge_put(const char *path, const struct node *src,
                     struct node **root, struct acct *acct)
{
    const struct node *from = tree_find(src, path);
    struct node **slot;
    int err;

    if (!from)
        return 0;
    err = tree_own(root, path, &slot);
    if (!err)
        return merge_set(slot, from, acct);
    return err == -ENOENT ? merge_chain(path, src, root, acct) : err;
}

void edit_settle(struct edit *e, const struct node *before,
                 const struct node *after)
{
    const struct node *n;
    struct touch *t;

    for (unsigned int i = 0; i < e->nr; i++) {
        t = &e->touches[i];
        if (!t->fire)
            continue;
        n = tree_find(before, t->path);
        if (!n && !tree_find(after, t->path))
            t->fire = false; /* it came and went inside the transaction */
        perms_put(t->old_perms);
        t->old_perms = n ? perms_get(n->perms) : NULL;
        if (!t->removed)
            continue;
        node_put(t->gone);
        t->gone = n ? node_get(n) : NULL;
    }
}

int edit_merge(const struct edit *e, struct node **root, struct acct *acct,
               uint64_t gen)
{
    const struct touch *t;
    int err = 0;

    /* All removals before all that exists now: that stays. */
    for (unsigned int i = 0; i < e->nr && !err; i++) {
        if (e->touches[i].removed)
            err = merge_remove(&e->touches[i], root, acct, gen);
    }
    for (unsigned int i = 0; i < e->nr && !err; i++) {
        t = &e->touches[i];
        if (t->changed || t->removed)
            err = merge_put(t->path, *e->root, root, acct);
    }
    return err;
}
