/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store: formatted paths, reads, writes and transactions. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pel/ctx.h>
#include <pel/store.h>

#include "store_local.h"

/* libxenstore leaves errno alone in a few cases of a broken connection. */
static int xs_error(void) { return errno ? -errno : -EIO; }

int store_path(char path[STORE_PATH_SIZE], const char *fmt, va_list ap)
{
    int len = vsnprintf(path, STORE_PATH_SIZE, fmt, ap);

    if (len < 0 || len >= STORE_PATH_SIZE)
        return -ENAMETOOLONG;

    return 0;
}

int pel_store_use(struct pel_ctx *ctx, struct pel_store *s)
{
    if (!ctx->store) {
        errno = 0;
        ctx->store = xs_open(XS_UNWATCH_FILTER);
    }
    if (!ctx->store)
        return pel_fail_sys(ctx, PEL_ESTORE,
                            "cannot reach the store: is its daemon "
                            "(pelstored) running in this control domain?");
    s->xs = ctx->store;
    s->txn = XBT_NULL;
    s->pipe = NULL;

    return 0;
}

int pel_store_fail(struct pel_ctx *ctx, int rc, const char *fmt, ...)
{
    char what[PEL_MESSAGE_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    if (rc == -E2BIG)
        return pel_fail(ctx, PEL_ESTORE,
                        "%s: a value is longer than the %d bytes that the "
                        "store takes",
                        what, XENSTORE_PAYLOAD_MAX);
    errno = -rc;

    return pel_fail_sys(ctx,
                        rc == -ENOMEM      ? PEL_ENOMEM
                        : rc == -ETIMEDOUT ? PEL_ETIMEDOUT
                                           : PEL_ESTORE,
                        "%s", what);
}

static char *read_path(struct pel_store *s, const char *path)
{
    if (s->pipe)
        return txn_read(s->pipe, path);
    errno = 0;

    return xs_read(s->xs, s->txn, path, NULL);
}

static int write_path(struct pel_store *s, const char *path, const char *value)
{
    if (s->pipe)
        return txn_write(s->pipe, path, value);
    errno = 0;
    if (!xs_write(s->xs, s->txn, path, value, (unsigned int)strlen(value)))
        return xs_error();

    return 0;
}

char *pel_store_read(struct pel_store *s, const char *path_fmt, ...)
{
    char path[STORE_PATH_SIZE];
    int rc;

    rc = STORE_PATH(path, path_fmt);
    if (rc) {
        errno = -rc;
        return NULL;
    }

    return read_path(s, path);
}

static int read_all(struct pel_store *s, char *const *paths, size_t nr,
                    char **values)
{
    if (s->pipe)
        return txn_read_many(s->pipe, paths, nr, values);
    for (size_t i = 0; i < nr; i++) {
        values[i] = read_path(s, paths[i]);
        if (!values[i] && errno != ENOENT)
            return xs_error();
    }

    return 0;
}

int pel_store_read_many(struct pel_store *s, char *const *paths, size_t nr,
                        char **values)
{
    int rc;

    for (size_t i = 0; i < nr; i++)
        values[i] = NULL;
    rc = read_all(s, paths, nr, values);
    for (size_t i = 0; rc && i < nr; i++) {
        free(values[i]);
        values[i] = NULL;
    }

    return rc;
}

static int parse_u64(const char *text, uint64_t *out)
{
    char *end;

    if (*text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    *out = strtoull(text, &end, 10);

    return *end || errno ? -EINVAL : 0;
}

int pel_store_read_u64(struct pel_store *s, uint64_t *out, const char *path_fmt,
                       ...)
{
    char path[STORE_PATH_SIZE];
    char *value;
    int rc;

    rc = STORE_PATH(path, path_fmt);
    if (rc)
        return rc;

    value = read_path(s, path);
    if (!value)
        return xs_error();
    rc = parse_u64(value, out);
    free(value);

    return rc;
}

int pel_store_write(struct pel_store *s, const char *value,
                    const char *path_fmt, ...)
{
    char path[STORE_PATH_SIZE];
    int rc;

    rc = STORE_PATH(path, path_fmt);

    return rc ? rc : write_path(s, path, value);
}

int pel_store_put(struct pel_store *s, const char *dir, const char *name,
                  const char *value_fmt, ...)
{
    char path[STORE_PATH_SIZE];
    char *value;
    va_list ap;
    int len, rc;

    len = snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (len < 0 || len >= STORE_PATH_SIZE)
        return -ENAMETOOLONG;

    va_start(ap, value_fmt);
    len = vasprintf(&value, value_fmt, ap);
    va_end(ap);
    if (len < 0)
        return -ENOMEM;

    rc = write_path(s, path, value);
    free(value);

    return rc;
}

static int set_perms(struct pel_store *s, const char *path,
                     const struct xs_permissions *perms, unsigned int nr)
{
    if (s->pipe)
        return txn_set_perms(s->pipe, path, perms, nr);
    /* The prototype lacks a const; the call only reads. */
    errno = 0;
    if (!xs_set_permissions(s->xs, s->txn, path,
                            (struct xs_permissions *)(uintptr_t)perms, nr))
        return xs_error();

    return 0;
}

static int mkdir_path(struct pel_store *s, const char *path)
{
    if (s->pipe)
        return txn_mkdir(s->pipe, path);
    errno = 0;
    if (!xs_mkdir(s->xs, s->txn, path))
        return xs_error();

    return 0;
}

int pel_store_mkdir(struct pel_store *s, const struct xs_permissions *perms,
                    unsigned int nr_perms, const char *path_fmt, ...)
{
    char path[STORE_PATH_SIZE];
    int rc;

    rc = STORE_PATH(path, path_fmt);
    if (!rc)
        rc = mkdir_path(s, path);
    if (!rc && nr_perms)
        rc = set_perms(s, path, perms, nr_perms);

    return rc;
}

static int rm_path(struct pel_store *s, const char *path)
{
    if (s->pipe)
        return txn_rm(s->pipe, path);
    errno = 0;
    if (xs_rm(s->xs, s->txn, path) || errno == ENOENT)
        return 0;

    return xs_error();
}

int pel_store_rm(struct pel_store *s, const char *path_fmt, ...)
{
    char path[STORE_PATH_SIZE];
    int rc;

    rc = STORE_PATH(path, path_fmt);

    return rc ? rc : rm_path(s, path);
}

static char **list_path(struct pel_store *s, const char *path, unsigned int *nr)
{
    if (s->pipe)
        return txn_list(s->pipe, nr, path);
    errno = 0;

    return xs_directory(s->xs, s->txn, path, nr);
}

int pel_store_rm_empty(struct pel_store *s, const char *stop,
                       const char *path_fmt, ...)
{
    char path[STORE_PATH_SIZE];
    unsigned int nr;
    char **names, *slash;
    int rc;

    rc = STORE_PATH(path, path_fmt);

    while (!rc && strcmp(path, stop)) {
        names = list_path(s, path, &nr);
        if (!names && errno != ENOENT)
            return xs_error();
        free(names);
        if (names && nr)
            return 0;
        if (names)
            rc = rm_path(s, path);
        slash = strrchr(path, '/');
        if (!slash || slash == path)
            break;
        *slash = '\0';
    }

    return rc;
}

char **pel_store_list(struct pel_store *s, unsigned int *nr,
                      const char *path_fmt, ...)
{
    char path[STORE_PATH_SIZE];
    int rc;

    rc = STORE_PATH(path, path_fmt);
    if (rc) {
        errno = -rc;
        return NULL;
    }

    return list_path(s, path, nr);
}

/* Through libxenstore, one request after the other. */
static int plain_txn(struct pel_store *s,
                     int (*fn)(struct pel_store *s, void *arg), void *arg)
{
    xs_transaction_t txn;
    bool ended;
    int rc;

    for (;;) {
        errno = 0;
        txn = xs_transaction_start(s->xs);
        if (txn == XBT_NULL)
            return xs_error();

        s->txn = txn;
        rc = fn(s, arg);
        s->txn = XBT_NULL;

        errno = 0;
        ended = xs_transaction_end(s->xs, txn, rc != 0);
        if (rc)
            return rc;
        if (ended)
            return 0;
        if (errno != EAGAIN)
            return xs_error();
    }
}

int pel_store_txn(struct pel_store *s,
                  int (*fn)(struct pel_store *s, void *arg), void *arg)
{
    bool done;
    int rc = txn_run(s, fn, arg, &done);

    return done ? rc : plain_txn(s, fn, arg);
}

uint64_t pel_store_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
