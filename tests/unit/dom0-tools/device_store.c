/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake of libxenstore: a sorted list of nodes, copied for transactions. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>
#include "device_store.h"

#define MAX_NODES 256
#define MAX_WATCHES 8

struct fake_node {
    char *path, *value;
    char perms[32];
};

struct tree {
    struct fake_node node[MAX_NODES];
    size_t nr;
};

struct xs_handle {
    int pipe[2];
    struct {
        char *path, *token;
    } watch[MAX_WATCHES], event[64];
    size_t nr_events;
};

unsigned int fake_fail_in, fake_dead_in, fake_conflicts, fake_starts;
bool fake_failed, fake_dead;
void (*fake_on_write)(const char *path, const char *value);

static struct tree committed, pending;
static struct xs_handle *the_handle;

bool fake_step(void)
{
    if (fake_dead_in && !--fake_dead_in)
        fake_dead = true;
    if (!fake_dead && (!fake_fail_in || --fake_fail_in))
        return false;
    fake_failed = true;
    errno = EIO;
    return true;
}

static void tree_clear(struct tree *t)
{
    for (size_t i = 0; i < t->nr; i++) {
        free(t->node[i].path);
        free(t->node[i].value);
    }
    t->nr = 0;
}

static void tree_copy(struct tree *to, const struct tree *from)
{
    tree_clear(to);
    for (size_t i = 0; i < from->nr; i++) {
        to->node[i] = from->node[i];
        to->node[i].path = strdup(from->node[i].path);
        to->node[i].value = strdup(from->node[i].value);
    }
    to->nr = from->nr;
}

static struct fake_node *tree_find(struct tree *t, const char *path)
{
    for (size_t i = 0; i < t->nr; i++)
        if (!strcmp(t->node[i].path, path))
            return &t->node[i];
    return NULL;
}

static bool below(const char *path, const char *dir)
{
    size_t len = strlen(dir);

    return !strncmp(path, dir, len) && (path[len] == '/' || !path[len]);
}

/* The node, made with its parents and with its parent's permissions. */
static struct fake_node *tree_make(struct tree *t, const char *path)
{
    struct fake_node *n = tree_find(t, path);
    const char *slash = strrchr(path, '/');
    char perms[32] = "n0";
    size_t at = 0;

    if (n)
        return n;
    if (slash != path) {
        char *parent = strndup(path, (size_t)(slash - path));

        snprintf(perms, sizeof(perms), "%s", tree_make(t, parent)->perms);
        free(parent);
    }
    if (t->nr == MAX_NODES)
        abort();
    while (at < t->nr && strcmp(t->node[at].path, path) < 0)
        at++;
    n = &t->node[at];
    memmove(n + 1, n, (t->nr - at) * sizeof(*n));
    t->nr++;
    n->path = strdup(path);
    n->value = strdup("");
    snprintf(n->perms, sizeof(n->perms), "%s", perms);
    return n;
}

static void tree_set(struct tree *t, const char *path, const char *value)
{
    struct fake_node *n = tree_make(t, path);

    free(n->value);
    n->value = strdup(value);
}

static bool tree_rm(struct tree *t, const char *path)
{
    size_t kept = 0;
    bool found = false;

    for (size_t i = 0; i < t->nr; i++) {
        if (below(t->node[i].path, path)) {
            free(t->node[i].path);
            free(t->node[i].value);
            found = true;
        } else {
            t->node[kept++] = t->node[i];
        }
    }
    t->nr = kept;
    return found;
}

static void fire(const char *path)
{
    struct xs_handle *h = the_handle;

    for (int i = 0; h && i < MAX_WATCHES; i++) {
        if (!h->watch[i].path || !below(path, h->watch[i].path))
            continue;
        h->event[h->nr_events].path = strdup(path);
        h->event[h->nr_events++].token = strdup(h->watch[i].token);
        if (write(h->pipe[1], "", 1) != 1)
            abort();
    }
}

void fake_reset(void)
{
    tree_clear(&committed);
    tree_clear(&pending);
    fake_fail_in = fake_dead_in = fake_conflicts = fake_starts = 0;
    fake_failed = fake_dead = false;
    fake_on_write = NULL;
}

void fake_set(const char *path, const char *value)
{
    tree_set(&committed, path, value);
    fire(path);
}

void fake_rm(const char *path)
{
    tree_rm(&committed, path);
    fire(path);
}

const char *fake_get(const char *path)
{
    struct fake_node *n = tree_find(&committed, path);

    return n ? n->value : NULL;
}

const char *fake_perms(const char *path)
{
    struct fake_node *n = tree_find(&committed, path);

    return n ? n->perms : NULL;
}

char *fake_dump(void)
{
    char *text = strdup("");

    for (size_t i = 0; i < committed.nr; i++) {
        const struct fake_node *n = &committed.node[i];
        char *longer;

        if (asprintf(&longer, "%s%s=%s %s\n", text, n->path, n->value,
                     n->perms) < 0)
            abort();
        free(text);
        text = longer;
    }
    return text;
}

static struct tree *tree_of(xs_transaction_t t)
{
    return t == XBT_NULL ? &committed : &pending;
}

static void changed(const char *path, const char *value)
{
    fire(path);
    if (fake_on_write && value)
        fake_on_write(path, value);
}

struct xs_handle *xs_open(unsigned long flags)
{
    struct xs_handle *h;

    (void)flags;
    if (fake_step())
        return NULL;
    h = calloc(1, sizeof(*h));
    if (!h || pipe(h->pipe))
        abort();
    the_handle = h;
    /* Transactions go through here too, not to a store of this machine. */
    setenv("XENSTORED_PATH", "/nonexistent/socket", 1);
    return h;
}

void xs_close(struct xs_handle *h)
{
    char **event;

    while ((event = xs_check_watch(h)))
        free(event);
    for (int i = 0; i < MAX_WATCHES; i++) {
        free(h->watch[i].path);
        free(h->watch[i].token);
    }
    close(h->pipe[0]);
    close(h->pipe[1]);
    free(h);
    the_handle = NULL;
}

int xs_fileno(struct xs_handle *h) { return h->pipe[0]; }

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
              unsigned int *len)
{
    struct fake_node *n = tree_find(tree_of(t), path);

    (void)h;
    if (fake_step())
        return NULL;
    if (!n) {
        errno = ENOENT;
        return NULL;
    }
    if (len)
        *len = (unsigned int)strlen(n->value);
    return strdup(n->value);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
              const void *data, unsigned int len)
{
    char *value = strndup(data, len);

    (void)h;
    if (fake_step()) {
        free(value);
        return false;
    }
    tree_set(tree_of(t), path, value);
    if (t == XBT_NULL)
        changed(path, value);
    free(value);
    return true;
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    (void)h;
    if (fake_step())
        return false;
    tree_make(tree_of(t), path);
    return true;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    (void)h;
    if (fake_step())
        return false;
    if (!tree_rm(tree_of(t), path)) {
        errno = ENOENT;
        return false;
    }
    if (t == XBT_NULL)
        changed(path, NULL);
    return true;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
                        const char *path, struct xs_permissions *perms,
                        unsigned int num)
{
    struct fake_node *n = tree_find(tree_of(t), path);
    size_t at = 0;

    (void)h;
    if (fake_step())
        return false;
    if (!n)
        abort();
    for (unsigned int i = 0; i < num; i++)
        at += (size_t)snprintf(
            n->perms + at, sizeof(n->perms) - at, "%s%c%u", i ? "," : "",
            perms[i].perms & XS_PERM_READ ? 'r' : 'n', perms[i].id);
    return true;
}

static bool direct_child(const char *path, const char *dir)
{
    return below(path, dir) && path[strlen(dir)] &&
           !strchr(path + strlen(dir) + 1, '/');
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
                    unsigned int *num)
{
    struct tree *tree = tree_of(t);
    size_t size = sizeof(char *);
    char **names, *text;

    (void)h;
    if (fake_step())
        return NULL;
    if (!tree_find(tree, path)) {
        errno = ENOENT;
        return NULL;
    }
    *num = 0;
    for (size_t i = 0; i < tree->nr; i++)
        if (direct_child(tree->node[i].path, path)) {
            ++*num;
            size += sizeof(char *) + strlen(tree->node[i].path);
        }
    names = calloc(1, size);
    text = (char *)(names + *num + 1);
    *num = 0;
    for (size_t i = 0; i < tree->nr; i++)
        if (direct_child(tree->node[i].path, path)) {
            names[(*num)++] = text;
            text = stpcpy(text, strrchr(tree->node[i].path, '/') + 1) + 1;
        }
    return names;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
    (void)h;
    if (fake_step())
        return XBT_NULL;
    fake_starts++;
    tree_copy(&pending, &committed);
    return 1;
}

/* Tells of every node whose value differs after the commit. */
static void commit(void)
{
    struct tree old = { .nr = 0 };

    tree_copy(&old, &committed);
    tree_copy(&committed, &pending);
    for (size_t i = 0; i < pending.nr; i++) {
        struct fake_node *n = tree_find(&old, pending.node[i].path);

        if (!n || strcmp(n->value, pending.node[i].value))
            changed(pending.node[i].path, pending.node[i].value);
    }
    for (size_t i = 0; i < old.nr; i++)
        if (!tree_find(&pending, old.node[i].path))
            changed(old.node[i].path, NULL);
    tree_clear(&old);
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
    (void)h;
    (void)t;
    if (abort)
        return true;
    if (fake_step())
        return false;
    if (fake_conflicts) {
        fake_conflicts--;
        errno = EAGAIN;
        return false;
    }
    commit();
    return true;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
    if (fake_step())
        return false;
    for (int i = 0; i < MAX_WATCHES; i++) {
        if (h->watch[i].path)
            continue;
        h->watch[i].path = strdup(path);
        h->watch[i].token = strdup(token);
        fire(path);
        return true;
    }
    abort();
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
    for (int i = 0; i < MAX_WATCHES; i++) {
        if (!h->watch[i].path || strcmp(h->watch[i].path, path) ||
            strcmp(h->watch[i].token, token))
            continue;
        free(h->watch[i].path);
        free(h->watch[i].token);
        h->watch[i].path = h->watch[i].token = NULL;
        return true;
    }
    errno = ENOENT;
    return false;
}

char **xs_check_watch(struct xs_handle *h)
{
    char **event;
    char byte;

    if (!h->nr_events) {
        errno = EAGAIN;
        return NULL;
    }
    if (read(h->pipe[0], &byte, 1) != 1)
        abort();
    event = calloc(1, 2 * sizeof(char *));
    free(h->event[0].path);
    free(h->event[0].token);
    memmove(h->event, h->event + 1, --h->nr_events * sizeof(h->event[0]));
    return event;
}
