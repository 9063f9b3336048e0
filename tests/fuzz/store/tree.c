/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: changes of trees, snapshots of them, and allocations that fail,
 * against arrays.  After some steps the tree that was changed holds what the
 * array says, in order and in balance, and so do all of them in the end.
 *
 * The input is a list of steps of three bytes: what, which tree and place, a
 * value.
 */
#include <errno.h>

#include <store/mem.h>
#include <store/parse.h>
#include <store/tree.h>

#include "common.h"

#define TREES 4
#define DIRS 3
#define LEAVES 40 /* in each directory */

/* A tree and what it should hold: lengths of values plus 1; 0: not there. */
static struct {
    struct node *root;
    uint16_t dir[DIRS], leaf[DIRS][LEAVES];
} trees[TREES];

static struct perms *perms;
static uint64_t gen;

static void leaf_path(int dir, int leaf, char *path)
{
    static const char *const form[] = { "/d%d/%d", "/d%d/n%d",
                                        "/d%d/longname%d", "/d%d/%07d" };

    sprintf(path, form[leaf % 4], dir, leaf * 37 % 101);
}

static void dir_path(int dir, char *path) { sprintf(path, "/d%d", dir); }

/* Height of the siblings at @n; all are in order and in balance. */
static int check_kids(const struct node *n, const struct node *low,
                      const struct node *high, bool balanced)
{
    int l, r;

    if (!n)
        return 0;
    MUST(n->refs >= 1);
    MUST(!low ||
         node_order(low->text, low->name_len, n->text, n->name_len) < 0);
    MUST(!high ||
         node_order(n->text, n->name_len, high->text, high->name_len) < 0);
    l = check_kids(n->left, low, n, balanced);
    r = check_kids(n->right, n, high, balanced);
    MUST(!balanced || (l - r <= 1 && r - l <= 1));
    MUST(n->list_bytes == (n->left ? n->left->list_bytes : 0) +
                              (n->right ? n->right->list_bytes : 0) +
                              n->name_len + 1u);
    return (l > r ? l : r) + 1;
}

static void check_node(const struct node *root, const char *path, int want)
{
    const struct node *n = tree_find(root, path);

    MUST(!n == !want);
    if (n)
        MUST(n->value_len == want - 1);
}

/* An allocation did, with an error or without: balance may be worse since. */
static bool failed;

static void check(int t)
{
    const struct node *root = trees[t].root, *n;
    char path[32];

    check_kids(root->kids, NULL, NULL, !failed);
    for (int d = 0; d < DIRS; d++) {
        dir_path(d, path);
        check_node(root, path, trees[t].dir[d]);
        n = tree_find(root, path);
        if (n)
            check_kids(n->kids, NULL, NULL, !failed);
        for (int l = 0; l < LEAVES; l++) {
            leaf_path(d, l, path);
            check_node(root, path, trees[t].leaf[d][l]);
        }
    }
}

/* Set or add the node at @path, which now holds @have. */
static void put(int t, const char *path, size_t up, uint16_t *have, int len)
{
    static const char text[256];
    const struct content c = { text, len, perms, ++gen };
    const char *name = strrchr(path, '/') + 1;
    struct node *n;
    int err;

    if (*have) {
        err = tree_set(&trees[t].root, path, &c);
    } else {
        n = node_new(name, strlen(name), &c);
        err = n ? tree_add(&trees[t].root, path, up, n, gen) : -ENOMEM;
        if (err)
            node_put(n);
    }
    MUST(!err || (err == -ENOMEM && mem_fail_at));
    if (!err)
        *have = len + 1;
}

static void take_out(int t, const char *path, uint16_t *have, uint16_t *below)
{
    struct node *gone;
    int err = tree_remove(&trees[t].root, path, ++gen, &gone);

    if (err == -ENOMEM) {
        MUST(mem_fail_at);
        return;
    }
    MUST(err == (*have ? 0 : -ENOENT));
    if (err)
        return;
    node_put(gone);
    *have = 0;
    for (int l = 0; below && l < LEAVES; l++)
        below[l] = 0;
}

static void step(const uint8_t *in)
{
    int t = in[1] % TREES, d = in[1] / TREES % DIRS, l = in[2] % LEAVES;
    char path[32];

    switch (in[0] % 16) {
    case 0: /* tree t becomes a snapshot of another one */
        node_put(trees[t].root);
        d = in[2] % TREES;
        if (d == t) {
            const struct content c = { "", 0, perms, ++gen };
            unsigned long at = mem_fail_at;

            mem_fail_at = 0;
            memset(&trees[t], 0, sizeof(trees[t]));
            trees[t].root = node_new("", 0, &c);
            mem_fail_at = at;
        } else {
            trees[t] = trees[d];
            node_get(trees[t].root);
        }
        break;
    case 1:
        dir_path(d, path);
        take_out(t, path, &trees[t].dir[d], trees[t].leaf[d]);
        break;
    case 2:
        mem_calls = 0;
        mem_fail_at = in[2] % 24;
        return;
    case 3:
    case 4:
    case 5:
    case 6:
        leaf_path(d, l, path);
        take_out(t, path, &trees[t].leaf[d][l], NULL);
        break;
    default:
        if (!trees[t].dir[d]) {
            dir_path(d, path);
            put(t, path, 1, &trees[t].dir[d], l);
        } else {
            leaf_path(d, l, path);
            dir_path(d, path + 16);
            put(t, path, strlen(path + 16), &trees[t].leaf[d][l], in[2]);
        }
    }
    failed = failed || (mem_fail_at && mem_calls >= mem_fail_at);
    if (gen % 16 == 0)
        check(t); /* of all: it takes most of the time */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_blocks = 0;
    mem_fail_at = 0;
    failed = false;
    gen = 0;
    perms = perms_new(1, 0);
    memset(trees, 0, sizeof(trees));
    for (int t = 0; t < TREES; t++) {
        const struct content c = { "", 0, perms, 0 };

        trees[t].root = node_new("", 0, &c);
    }
    for (size_t i = 0; i + 3 <= size && i < 3 * 400; i += 3)
        step(data + i);
    for (int t = 0; t < TREES; t++) {
        check(t);
        node_put(trees[t].root);
    }
    perms_put(perms);
    MUST(!mem_blocks);
    return 0;
}
