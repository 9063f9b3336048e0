/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree: TREE-1, balance, listing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <store/tree.h>

#include "world.h"

static struct node *root_new(struct content *c)
{
    struct node *root;

    memset(c, 0, sizeof(*c));
    c->perms = perms_new(1, 1);
    c->gen = 1;
    root = node_new("", 0, c);
    assert_non_null(root);
    return root;
}

static void add(struct node **root, const char *path, size_t up,
                const struct content *c, int want)
{
    const char *name = path + up + (up > 1);
    struct node *n = node_new(name, strlen(name), c);
    int err;

    assert_non_null(n);
    err = tree_add(root, path, up, n, c->gen);
    assert_int_equal(err, want);
    if (err)
        node_put(n);
}

/* Heights, byte counts and order of all siblings below @n; their number. */
static int check_kids(const struct node *n)
{
    int l, r, nr;

    if (!n)
        return 0;
    nr = check_kids(n->left) + check_kids(n->right) + 1;
    l = n->left ? n->left->height : 0;
    r = n->right ? n->right->height : 0;
    assert_int_equal(n->height, (l > r ? l : r) + 1);
    assert_in_range(l - r + 1, 0, 2);
    assert_int_equal(n->list_bytes, (n->left ? n->left->list_bytes : 0) +
                                        (n->right ? n->right->list_bytes : 0) +
                                        n->name_len + 1);
    if (n->left)
        assert_true(node_order(n->left->text, n->left->name_len, n->text,
                               n->name_len) < 0);
    if (n->right)
        assert_true(node_order(n->right->text, n->right->name_len, n->text,
                               n->name_len) > 0);
    return nr;
}

static void names_are_ordered(void **state)
{
    static const char *const order[] = { "0",      "9",  "10", "51712",
                                         "100000", "0x", "9a", "A",
                                         "a",      "aa", "b" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
            int c = node_order(order[i], strlen(order[i]), order[k],
                               strlen(order[k]));

            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
        }
    }
}

static void siblings_stay_balanced(void **state)
{
    enum { NR = 2000 };
    struct content c;
    struct node *root = root_new(&c), *gone;
    char path[16];
    int i, at;

    (void)state;
    for (i = 0; i < NR; i++) {
        snprintf(path, sizeof(path), "/n%d", (i * 7919) % NR);
        add(&root, path, 1, &c, 0);
    }
    add(&root, "/n5", 1, &c, -EEXIST);
    assert_int_equal(check_kids(root->kids), NR);
    assert_in_range(root->kids->height, 11, 14);

    for (i = 0; i < NR; i++) {
        at = (i * 104729) % NR;
        snprintf(path, sizeof(path), "/n%d", at);
        assert_int_equal(tree_remove(&root, path, 2, &gone), 0);
        assert_string_equal(gone->text, path + 1);
        node_put(gone);
        assert_null(tree_find(root, path));
        if (i % 100 == 0)
            assert_int_equal(check_kids(root->kids), NR - 1 - i);
    }
    assert_null(root->kids);
    node_put(root);
    perms_put(c.perms);
    assert_int_equal(mem_blocks, 0);
}

/* TREE-1: a snapshot does not see what happens behind it. */
static void snapshots_do_not_change(void **state)
{
    struct content c;
    struct node *root = root_new(&c), *snap, *gone;
    const struct node *was, *is;
    char path[16];

    (void)state;
    add(&root, "/a", 1, &c, 0);
    for (int i = 0; i < 50; i++) {
        snprintf(path, sizeof(path), "/a/%d", i);
        c.value = "old";
        c.value_len = 3;
        add(&root, path, 2, &c, 0);
    }

    snap = node_get(root);
    for (int i = 0; i < 50; i++) {
        snprintf(path, sizeof(path), "/a/%d", i);
        c.value = "newer";
        c.value_len = 5;
        if (i % 3 == 0)
            assert_int_equal(tree_set(&root, path, &c), 0);
        else if (i % 3 == 1)
            assert_int_equal(tree_remove(&root, path, 9, &gone), 0);
        if (i % 3 == 1)
            node_put(gone);
    }
    add(&root, "/a/x", 2, &c, 0);

    for (int i = 0; i < 50; i++) {
        const struct node *n;

        snprintf(path, sizeof(path), "/a/%d", i);
        n = tree_find(snap, path);
        assert_non_null(n);
        assert_int_equal(n->value_len, 3);
        assert_memory_equal(node_value(n), "old", 3);
        n = tree_find(root, path);
        assert_int_equal(!n, i % 3 == 1);
        if (n)
            assert_int_equal(n->value_len, i % 3 ? 3 : 5);
        was = snap;
        is = root;
        tree_find_both(&was, &is, path);
        if (was != is) { /* or the two share the way to it */
            assert_ptr_equal(was, tree_find(snap, path));
            assert_ptr_equal(is, n);
        } else {
            assert_ptr_equal(n, tree_find(snap, path));
        }
    }
    was = snap;
    is = root;
    tree_find_both(&was, &is, "/a/x/y"); /* missing in both */
    assert_ptr_equal(was, is);
    assert_null(tree_find(snap, "/a/x"));
    check_kids(snap->kids->kids);
    check_kids(root->kids->kids);
    node_put(snap);
    node_put(root);
    perms_put(c.perms);
    assert_int_equal(mem_blocks, 0);
}

static void nearest_node(void **state)
{
    struct content c;
    struct node *root = root_new(&c);
    size_t len;

    (void)state;
    add(&root, "/a", 1, &c, 0);
    add(&root, "/a/b", 2, &c, 0);
    assert_ptr_equal(tree_nearest(root, "/", &len), root);
    assert_int_equal(len, 1);
    assert_ptr_equal(tree_nearest(root, "/x/y", &len), root);
    assert_int_equal(len, 1);
    assert_string_equal(tree_nearest(root, "/a/b/c/d", &len)->text, "b");
    assert_int_equal(len, 4);
    assert_string_equal(tree_nearest(root, "/a", &len)->text, "a");
    assert_int_equal(len, 2);
    add(&root, "/x/y", 2, &c, -ENOENT);
    node_put(root);
    perms_put(c.perms);
}

static bool collect(void *arg, const struct node *kid)
{
    strcat(arg, kid->text);
    strcat(arg, ",");
    return true;
}

static void listing_from_an_offset(void **state)
{
    static const struct {
        const char *why;
        size_t from;
        const char *want;
    } cases[] = {
        { "all", 0, "1,22,a,bb,c," },
        { "behind the first", 2, "22,a,bb,c," },
        { "inside a name", 3, "a,bb,c," },
        { "the last", 10, "c," },
        { "inside the last", 11, "" },
        { "the end", 12, "" },
        { "far behind", 4000000000u, "" },
    };
    static const char *const paths[] = { "/c", "/a", "/22", "/bb", "/1" };
    struct content c;
    struct node *root = root_new(&c);
    char got[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        add(&root, paths[i], 1, &c, 0);
    assert_int_equal(node_list_bytes(root), 12);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].why);
        got[0] = '\0';
        node_list(root, cases[i].from, collect, got);
        assert_string_equal(got, cases[i].want);
    }
    node_put(root);
    perms_put(c.perms);
}

static bool note_path(void *arg, const struct node *n, const char *path,
                      size_t len)
{
    assert_int_equal(strlen(path), len);
    strcat(arg, path);
    strcat(arg, " ");
    return n->text[0] != 'b';
}

static void walking_gives_paths(void **state)
{
    struct content c;
    struct node *root = root_new(&c);
    char path[PATH_ROOM] = "/", got[128] = "";

    (void)state;
    add(&root, "/a", 1, &c, 0);
    add(&root, "/b", 1, &c, 0);
    add(&root, "/a/x", 2, &c, 0);
    add(&root, "/b/hidden", 2, &c, 0);
    add(&root, "/c", 1, &c, 0);
    node_walk(root, path, 1, note_path, got);
    assert_string_equal(got, "/ /a /a/x /b /c ");
    node_put(root);
    perms_put(c.perms);
}

/* A chain as deep as a path allows is freed without a deep stack. */
static void deep_trees(void **state)
{
    struct content c;
    struct node *root = root_new(&c), *below = NULL, *n;

    (void)state;
    for (int i = 0; i < XENSTORE_ABS_PATH_MAX / 2; i++) {
        n = node_new("d", 1, &c);
        assert_non_null(n);
        n->kids = below;
        below = n;
    }
    assert_int_equal(tree_add(&root, "/", 1, below, 2), 0);
    node_put(root);
    perms_put(c.perms);
    assert_int_equal(mem_blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_ordered),
        cmocka_unit_test(siblings_stay_balanced),
        cmocka_unit_test(snapshots_do_not_change),
        cmocka_unit_test(nearest_node),
        cmocka_unit_test(listing_from_an_offset),
        cmocka_unit_test(walking_gives_paths),
        cmocka_unit_test(deep_trees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
