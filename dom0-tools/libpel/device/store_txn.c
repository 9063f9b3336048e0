/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions: on a connection of their own, whose writes do not wait for
 * each other; through libxenstore where the store has no socket.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pel/store.h>

#include "store_local.h"
#include "store_pipe.h"

/* One request's payload while it is put together. */
struct payload {
    size_t len;
    bool full;
    char text[XENSTORE_PAYLOAD_MAX];
};

static void add(struct payload *to, const char *text, size_t len)
{
    if (to->full || len > sizeof(to->text) - to->len) {
        to->full = true;
        return;
    }
    memcpy(to->text + to->len, text, len);
    to->len += len;
}

static int put(struct store_pipe *p, uint16_t type, const struct payload *what)
{
    return what->full ? -E2BIG : store_pipe_put(p, type, what->text, what->len);
}

char *txn_read(struct store_pipe *p, const char *path)
{
    char *value = NULL;
    int rc = store_pipe_ask(p, XS_READ, path, strlen(path) + 1, &value, NULL);

    errno = -rc;

    return value;
}

int txn_read_many(struct store_pipe *p, char *const *paths, size_t nr,
                  char **values)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < nr; i++)
        rc = store_pipe_want(p, XS_READ, paths[i], strlen(paths[i]) + 1,
                             &values[i]);

    return rc ? rc : store_pipe_flush(p);
}

int txn_write(struct store_pipe *p, const char *path, const char *value)
{
    struct payload what = { .len = 0 };

    add(&what, path, strlen(path) + 1);
    add(&what, value, strlen(value));

    return put(p, XS_WRITE, &what);
}

int txn_mkdir(struct store_pipe *p, const char *path)
{
    return store_pipe_put(p, XS_MKDIR, path, strlen(path) + 1);
}

int txn_rm(struct store_pipe *p, const char *path)
{
    return store_pipe_put(p, XS_RM, path, strlen(path) + 1);
}

int txn_set_perms(struct store_pipe *p, const char *path,
                  const struct xs_permissions *perms, unsigned int nr)
{
    static const char letters[] = { [XS_PERM_NONE] = 'n',
                                    [XS_PERM_READ] = 'r',
                                    [XS_PERM_WRITE] = 'w',
                                    [XS_PERM_READ | XS_PERM_WRITE] = 'b' };
    struct payload what = { .len = 0 };
    char text[16];

    add(&what, path, strlen(path) + 1);
    for (unsigned int i = 0; i < nr; i++) {
        int len = snprintf(text, sizeof(text), "%c%u", letters[perms[i].perms],
                           perms[i].id);

        add(&what, text, (size_t)len + 1);
    }

    return put(p, XS_SET_PERMS, &what);
}

/* What was read of a folder: names with a NUL behind each. */
struct names {
    char *text;
    size_t len;
};

/*
 * One part of a folder that is too large for one answer: "GENERATION\0", so
 * many names from an offset on as have room, and one NUL more behind the last
 * of all.  Returns 1 when there is more, 0 at the end, or an error.
 */
static int list_part(struct store_pipe *p, const char *path, struct names *n)
{
    struct payload what = { .len = 0 };
    char offset[24], *part = NULL, *more;
    size_t len, skip;
    bool last;
    int rc;

    snprintf(offset, sizeof(offset), "%zu", n->len);
    add(&what, path, strlen(path) + 1);
    add(&what, offset, strlen(offset) + 1);
    if (what.full)
        return -E2BIG;
    rc = store_pipe_ask(p, XS_DIRECTORY_PART, what.text, what.len, &part, &len);
    if (rc)
        return rc;

    skip = strlen(part) + 1;
    last = len > skip && !part[len - 1] && !part[len - 2];
    more = len > skip ? realloc(n->text, n->len + len - skip) : NULL;
    if (more) {
        n->text = more;
        memcpy(n->text + n->len, part + skip, len - skip);
        n->len += len - skip - last;
    }
    free(part);
    if (!more)
        return len > skip ? -ENOMEM : -EIO;

    return !last;
}

static int list_all(struct store_pipe *p, const char *path, struct names *n)
{
    int rc = store_pipe_ask(p, XS_DIRECTORY, path, strlen(path) + 1, &n->text,
                            &n->len);

    if (rc == -E2BIG)
        do
            rc = list_part(p, path, n);
        while (rc > 0);

    return rc;
}

/* The form of xs_directory(): pointers, then what they point to. */
static char **split(const struct names *n, unsigned int *nr)
{
    size_t count = 0, at = 0;
    char **list, *text;

    for (size_t i = 0; i < n->len; i++)
        count += !n->text[i];
    list = malloc(count * sizeof(*list) + n->len + 1);
    if (!list)
        return NULL;
    text = (char *)(list + count);
    if (n->len)
        memcpy(text, n->text, n->len);
    for (size_t i = 0; i < count; i++) {
        list[i] = text + at;
        at += strlen(list[i]) + 1;
    }
    *nr = (unsigned int)count;

    return list;
}

char **txn_list(struct store_pipe *p, unsigned int *nr, const char *path)
{
    struct names n = { .len = 0 };
    int rc = list_all(p, path, &n);
    char **list = rc ? NULL : split(&n, nr);

    free(n.text);
    errno = rc ? -rc : ENOMEM;

    return list;
}

static int start(struct store_pipe *p)
{
    char *id = NULL;
    int rc = store_pipe_ask(p, XS_TRANSACTION_START, "", 1, &id, NULL);

    if (!rc)
        p->txn = (uint32_t)strtoul(id, NULL, 10);
    if (!rc && !p->txn)
        rc = -EIO;
    free(id);

    return rc;
}

/* One try.  @ended: whether the answer to the commit is the result. */
static int try_once(struct pel_store *s, struct store_pipe *p,
                    int (*fn)(struct pel_store *s, void *arg), void *arg,
                    bool *ended)
{
    int rc = start(p), refused;

    *ended = false;
    if (rc)
        return rc;
    s->pipe = p;
    rc = fn(s, arg);
    s->pipe = NULL;
    /* What was refused first is the cause of what failed later. */
    refused = store_pipe_flush(p);
    if (refused)
        rc = refused;
    if (rc)
        return rc;
    *ended = true;

    return store_pipe_ask(p, XS_TRANSACTION_END, "T", 2, NULL, NULL);
}

int txn_run(struct pel_store *s, int (*fn)(struct pel_store *s, void *arg),
            void *arg, bool *usable)
{
    struct store_pipe *p = malloc(sizeof(*p));
    bool ended;
    int rc;

    *usable = p && !store_pipe_open(p);
    if (!*usable) {
        free(p);
        return 0;
    }
    do {
        rc = try_once(s, p, fn, arg, &ended);
        p->txn = 0;
    } while (ended && rc == -EAGAIN);
    store_pipe_close(p);
    free(p);

    return rc;
}
