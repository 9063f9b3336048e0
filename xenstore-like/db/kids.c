/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Siblings as a balanced tree (AVL); keeps TREE-1.
 *
 * Every change first owns the way down, which may fail and changes nothing
 * that a reader could see, and then links, which cannot fail.  Only turning a
 * node that is off the way may still need a copy: without memory the turn is
 * left out, and the tree is a little higher than it should be.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include <store/kids.h>
#include <store/mem.h>

static bool all_digits(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
    }
    return true;
}

int node_order(const char *a, size_t a_len, const char *b, size_t b_len)
{
    bool a_num = all_digits(a, a_len), b_num = all_digits(b, b_len);
    size_t common = a_len < b_len ? a_len : b_len;
    int c;

    if (a_num != b_num)
        return a_num ? -1 : 1;
    if (a_num && a_len != b_len)
        return a_len < b_len ? -1 : 1;
    c = memcmp(a, b, common);
    if (c)
        return c;
    return (a_len > b_len) - (a_len < b_len);
}

#define KEY_CHARS 8           /* of a name that is not a number */
#define KEY_NAME (1ull << 63) /* not a number: behind all numbers */

uint64_t node_key(const char *name, size_t len)
{
    size_t head = len < KEY_CHARS ? len : KEY_CHARS;
    bool number = len && len < 128;
    uint64_t key = 0;

    for (size_t i = 0; i < head; i++) {
        key = key << 8 | (unsigned char)name[i];
        number &= name[i] >= '0' && name[i] <= '9';
    }
    if (!head)
        return 0; /* a root */
    key <<= 8 * (KEY_CHARS - head);
    if (number && all_digits(name + head, len - head))
        return key >> 8 | (uint64_t)len << 56;
    return key | KEY_NAME;
}

size_t node_copy_name(const struct node *n, char *out)
{
    uint64_t key = n->key & KEY_NAME ? n->key & ~KEY_NAME : n->key << 8;

    if (n->name_len < KEY_CHARS) {
        key = htobe64(key);
        memcpy(out, &key, sizeof(key));
    } else {
        memcpy(out, n->text, n->name_len);
    }
    out[n->name_len] = '\0';
    return n->name_len;
}

/* A name that is searched for. */
struct name {
    const char *s;
    size_t len;
    uint64_t key;
};

static int order(const struct name *name, const struct node *n)
{
    if (name->key != n->key)
        return name->key < n->key ? -1 : 1;
    if (name->len < KEY_CHARS && name->len == n->name_len)
        return 0;
    return node_order(name->s, name->len, n->text, n->name_len);
}

int node_own(struct node **slot)
{
    struct node *old = *slot;
    size_t size = sizeof(*old) + old->name_len + 1 + old->value_len;
    struct node *n;

    if (old->refs == 1)
        return 0;

    n = mem_alloc(size);
    if (!n)
        return -ENOMEM;
    memcpy(n, old, size);
    n->refs = 1;
    perms_get(n->perms);
    if (n->left)
        node_get(n->left);
    if (n->right)
        node_get(n->right);
    if (n->kids)
        node_get(n->kids);
    node_put(old);
    *slot = n;
    return 0;
}

static int height(const struct node *n) { return n ? n->height : 0; }

static uint32_t bytes(const struct node *n) { return n ? n->list_bytes : 0; }

static void update(struct node *n)
{
    int l = height(n->left), r = height(n->right);

    n->height = (l > r ? l : r) + 1;
    n->list_bytes = bytes(n->left) + bytes(n->right) + n->name_len + 1;
}

/* The right one of two siblings comes up; both are owned. */
static void turn_left(struct node **slot)
{
    struct node *n = *slot, *up = n->right;

    n->right = up->left;
    up->left = n;
    *slot = up;
    update(n);
    update(up);
}

static void turn_right(struct node **slot)
{
    struct node *n = *slot, *up = n->left;

    n->left = up->right;
    up->right = n;
    *slot = up;
    update(n);
    update(up);
}

/* Bring the owned node at @slot, one of whose sides changed, into balance. */
static void fix(struct node **slot)
{
    struct node *n = *slot;
    int lean = height(n->left) - height(n->right);

    update(n);
    if (lean > 1) {
        if (node_own(&n->left))
            return;
        if (height(n->left->left) < height(n->left->right)) {
            if (node_own(&n->left->right))
                return;
            turn_left(&n->left);
        }
        turn_right(slot);
    } else if (lean < -1) {
        if (node_own(&n->right))
            return;
        if (height(n->right->right) < height(n->right->left)) {
            if (node_own(&n->right->left))
                return;
            turn_right(&n->right);
        }
        turn_left(slot);
    }
}

struct node *kids_find(struct node *n, const char *s, size_t len)
{
    const struct name name = { s, len, node_key(s, len) };
    int c;

    while (n && (c = order(&name, n)))
        n = c < 0 ? n->left : n->right;
    return n;
}

int kids_slot(struct node **slot, const char *s, size_t len, struct node ***out)
{
    const struct name name = { s, len, node_key(s, len) };
    int c;

    while (*slot) {
        if (node_own(slot))
            return -ENOMEM;
        c = order(&name, *slot);
        if (!c) {
            *out = slot;
            return 0;
        }
        slot = c < 0 ? &(*slot)->left : &(*slot)->right;
    }
    return -ENOENT;
}

int kids_insert(struct node **slot, struct node *n)
{
    const struct name name = { n->text, n->name_len, n->key };
    int c, err;

    if (!*slot) {
        update(n);
        *slot = n;
        return 0;
    }
    if (node_own(slot))
        return -ENOMEM;
    c = order(&name, *slot);
    if (!c)
        return -EEXIST;
    err = kids_insert(c < 0 ? &(*slot)->left : &(*slot)->right, n);
    if (err)
        return err;
    fix(slot);
    return 0;
}

/* Take the first of the siblings at @slot out. */
static int pop_first(struct node **slot, struct node **out)
{
    struct node *n;
    int err;

    if (node_own(slot))
        return -ENOMEM;
    n = *slot;
    if (!n->left) {
        *out = n;
        *slot = n->right;
        return 0;
    }
    err = pop_first(&n->left, out);
    if (err)
        return err;
    fix(slot);
    return 0;
}

/* Take the owned node at @slot itself out; its siblings close the gap. */
static int unlink_here(struct node **slot, struct node **out)
{
    struct node *n = *slot, *next;

    if (!n->left || !n->right) {
        *slot = n->left ? n->left : n->right;
    } else {
        if (pop_first(&n->right, &next))
            return -ENOMEM;
        next->left = n->left;
        next->right = n->right;
        *slot = next;
        fix(slot);
    }
    n->left = n->right = NULL;
    update(n);
    *out = n;
    return 0;
}

static int remove_below(struct node **slot, const struct name *name,
                        struct node **out)
{
    int c, err;

    if (!*slot)
        return -ENOENT;
    if (node_own(slot))
        return -ENOMEM;
    c = order(name, *slot);
    if (!c)
        return unlink_here(slot, out);
    err = remove_below(c < 0 ? &(*slot)->left : &(*slot)->right, name, out);
    if (err)
        return err;
    fix(slot);
    return 0;
}

int kids_remove(struct node **slot, const char *s, size_t len,
                struct node **out)
{
    const struct name name = { s, len, node_key(s, len) };

    return remove_below(slot, &name, out);
}
