/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the store layer share. */
#ifndef PEL_DEVICE_STORE_LOCAL_H
#define PEL_DEVICE_STORE_LOCAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>
#include <xenstore.h>

struct pel_store;
struct store_pipe;

#define STORE_PATH_SIZE (XENSTORE_ABS_PATH_MAX + 1)

/**
 * store_path - format a path into a fixed buffer
 * @path:  set to the path with its NUL
 * @fmt:   printf format
 * @ap:    its arguments
 *
 * Returns: 0; -ENAMETOOLONG it is longer than the store allows.
 */
int store_path(char path[STORE_PATH_SIZE], const char *fmt, va_list ap);

/* The same with the arguments that follow @fmt in the calling function. */
#define STORE_PATH(path, fmt)                                                  \
    ({                                                                         \
        va_list ap_;                                                           \
        int rc_;                                                               \
                                                                               \
        va_start(ap_, fmt);                                                    \
        rc_ = store_path(path, fmt, ap_);                                      \
        va_end(ap_);                                                           \
        rc_;                                                                   \
    })

/**
 * txn_run - pel_store_txn() on a connection of its own
 * @usable:  set to whether there is one; if not nothing was done
 *
 * Returns: as pel_store_txn().
 */
int txn_run(struct pel_store *s, int (*fn)(struct pel_store *s, void *arg),
            void *arg, bool *usable);

/**
 * txn_read, txn_list - the calls of the same names without pel_, there
 * Return: what libxenstore's do, NULL with errno.
 */
char *txn_read(struct store_pipe *p, const char *path);
char **txn_list(struct store_pipe *p, unsigned int *nr, const char *path);

/**
 * txn_read_many - pel_store_read_many() there; @values are NULL before
 */
int txn_read_many(struct store_pipe *p, char *const *paths, size_t nr,
                  char **values);

/**
 * txn_write, txn_mkdir, txn_rm, txn_set_perms - queue a change
 *
 * Return: 0; -E2BIG; or what has gone wrong before.  What the store says to
 * this one is known when the transaction ends.
 */
int txn_write(struct store_pipe *p, const char *path, const char *value);
int txn_mkdir(struct store_pipe *p, const char *path);
int txn_rm(struct store_pipe *p, const char *path);
int txn_set_perms(struct store_pipe *p, const char *path,
                  const struct xs_permissions *perms, unsigned int nr);

#endif
