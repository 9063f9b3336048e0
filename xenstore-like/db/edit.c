/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes to a tree.
 *
 * Each first makes room for what it will note, then changes the tree, which
 * happens wholly or not at all, and then notes, which cannot fail.
 */
#include <errno.h>
#include <string.h>

#include <store/parse.h>

#include "touch.h"

int edit_see(struct edit *e, const char *path, size_t len, unsigned int what)
{
    struct touch *t;

    if (!e->logged)
        return 0;
    t = touch_at(e, path, len);
    if (!t)
        return -ENOMEM;
    t->seen |= what;
    return 0;
}

/* The touch of a path that is about to change: it counts as seen, too. */
static struct touch *touch_change(struct edit *e, const char *path)
{
    struct touch *t = touch_at(e, path, strlen(path));

    if (t)
        t->seen |= SEEN_EXISTS | SEEN_VALUE | SEEN_PERMS | SEEN_RIGHTLY;
    return t;
}

/*
 * The missing nodes of @path, of which the first @have bytes exist, hanging
 * together but not yet on the tree.  @nr is set to how many.
 */
static struct node *chain_new(const char *path, size_t have,
                              const struct content *last, int *nr)
{
    const struct content between = { .perms = last->perms, .gen = last->gen };
    size_t end = strlen(path), start;
    struct node *top = NULL, *n;

    if (have == 1)
        have = 0; /* the root's slash belongs to the first component */
    for (*nr = 0; end > have; end = start - 1, ++*nr) {
        start = end;
        while (path[start - 1] != '/')
            start--;
        n = node_new(path + start, end - start, top ? &between : last);
        if (!n) {
            node_put(top);
            return NULL;
        }
        n->kids = top;
        top = n;
    }
    return top;
}

/* Note that all nodes on @path behind its first @have bytes are new. */
static int touch_chain(struct edit *e, const char *path, size_t have)
{
    const char *pos = path + (have > 1 ? have : 0), *name;
    struct touch *t;

    if (edit_see(e, path, have, SEEN_EXISTS | SEEN_PERMS | SEEN_RIGHTLY))
        return -ENOMEM;
    while (e->logged && path_next(&pos, &name)) {
        t = touch_at(e, path, pos - path);
        if (!t)
            return -ENOMEM;
        t->seen |= SEEN_EXISTS | SEEN_RIGHTLY;
        t->changed = true; /* harmless should the change not happen */
    }
    return 0;
}

int edit_create(struct edit *e, const char *path, const void *value,
                size_t value_len, const struct who *who, uint64_t gen)
{
    struct content c = { value, value_len, NULL, gen };
    struct node *top = NULL;
    struct touch *t;
    size_t have;
    long bytes;
    int nr, err = -ENOMEM;

    c.perms =
        perms_inherit(tree_nearest(*e->root, path, &have)->perms, who, gen);
    if (!c.perms || touch_chain(e, path, have) ||
        acct_room(&e->acct, perms_owner(c.perms)))
        goto out;
    t = touch_change(e, path);
    if (!t)
        goto out;
    top = chain_new(path, have, &c, &nr);
    if (!top)
        goto out;

    err = tree_add(e->root, path, have, top, gen);
    if (err)
        goto out;
    top = NULL;
    t->changed = t->fire = true;
    bytes = nr * (long)sizeof(*top) + strlen(path) - (have > 1 ? have : 0);
    acct_add(&e->acct, perms_owner(c.perms), nr, bytes + value_len);
out:
    node_put(top);
    perms_put(c.perms);
    return err;
}

int edit_write(struct edit *e, const char *path, const void *value,
               size_t value_len, uint64_t gen)
{
    struct content c = { value, value_len, NULL, gen };
    struct node **slot;
    struct touch *t;
    uint16_t owner;
    long more; /* bytes */
    int err;

    err = tree_own(e->root, path, &slot);
    if (err)
        return err;
    c.perms = (*slot)->perms;
    more = (long)value_len - (*slot)->value_len;
    owner = perms_owner(c.perms);
    t = touch_change(e, path);
    if (!t || (more && acct_room(&e->acct, owner)))
        return -ENOMEM;

    err = node_set(slot, &c);
    if (err)
        return err;
    t->changed = t->fire = true;
    t->node = e->logged ? NULL : *slot;
    if (more)
        acct_add(&e->acct, owner, 0, more);
    return 0;
}

int edit_set_perms(struct edit *e, const char *path, struct perms *perms)
{
    const struct node *n = tree_find(*e->root, path);
    struct perms *old;
    struct touch *t;
    long bytes;
    int err;

    if (!n)
        return -ENOENT;
    t = touch_change(e, path);
    if (!t || acct_room(&e->acct, perms_owner(n->perms)) ||
        acct_room(&e->acct, perms_owner(perms)))
        return -ENOMEM;

    bytes = node_bytes(n);
    old = perms_get(n->perms);
    err = tree_set_perms(e->root, path, perms);
    if (err) {
        perms_put(old);
        return err;
    }
    acct_add(&e->acct, perms_owner(old), -1, -bytes);
    acct_add(&e->acct, perms_owner(perms), 1, bytes);
    t->changed = t->fire = true;
    if (t->old_perms)
        perms_put(old);
    else
        t->old_perms = old;
    return 0;
}

int edit_remove(struct edit *e, const char *path, uint64_t gen)
{
    const struct node *n = tree_find(*e->root, path);
    struct node *gone;
    struct touch *t;
    int err;

    if (!n)
        return -ENOENT;
    if (!path[1])
        return -EINVAL;
    t = touch_change(e, path);
    if (!t || acct_room_below(&e->acct, n))
        return -ENOMEM;

    err = tree_remove(e->root, path, gen, &gone);
    if (err)
        return err;
    acct_drop_below(&e->acct, gone);
    t->seen |= SEEN_KIDS;
    t->removed = t->fire = true;
    if (t->gone)
        node_put(gone);
    else
        t->gone = gone;
    return 0;
}
