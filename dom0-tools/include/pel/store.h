/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store as libpel uses it: a thin layer over the system's libxenstore
 * with formatted paths, transactions that repeat themselves and waits that
 * end.
 *
 * Unless a comment says otherwise these functions return 0 or a negative
 * errno value: what a missing node means, and how to say it to a person, is
 * known only by the caller.
 */
#ifndef PEL_STORE_H
#define PEL_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

struct pel_ctx;
struct store_pipe;

/*
 * The context's connection and the transaction that is open on it.  A small
 * value for the stack; nothing to free.  Not for use by two threads at once.
 */
struct pel_store {
    struct xs_handle *xs;    /* owned by the context; libxenstore's calls that
                              * need no layer (xs_introduce_domain()) take it */
    xs_transaction_t txn;    /* XBT_NULL outside pel_store_txn() */
    struct store_pipe *pipe; /* in one: the connection that it is on, or NULL
                              * when it is on @xs */
};

/**
 * pel_store_use - the context's connection, made at first use
 * @ctx:  context; pel_ctx_close() ends the connection
 * @s:    set to the connection, in no transaction
 *
 * Takes the daemon's socket, or the kernel's device when there is no socket.
 * Returns: 0; -PEL_ESTORE with a message when no store answers.
 */
int pel_store_use(struct pel_ctx *ctx, struct pel_store *s);

/**
 * pel_store_fail - record a failure of the functions below
 * @ctx:  context that keeps the message
 * @rc:   what they returned, a negative errno value
 * @fmt:  what was tried, e.g. "cannot write the nodes of disk %s"
 *
 * Returns: -PEL_ENOMEM for -ENOMEM, -PEL_ETIMEDOUT for -ETIMEDOUT, else
 *          -PEL_ESTORE.
 */
int pel_store_fail(struct pel_ctx *ctx, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * pel_store_read - read a node's value
 * @s:         connection
 * @path_fmt:  printf format of the path; its arguments follow
 *
 * Returns: the value in new memory with a NUL after it, for free(); or NULL
 *          with errno set: ENOENT no such node, EACCES, ENOMEM, EIO.
 */
char *pel_store_read(struct pel_store *s, const char *path_fmt, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * pel_store_read_many - read the values of several nodes
 * @s:       connection; in a transaction they are asked for all at once
 * @paths:   of the nodes
 * @nr:      of @paths and @values
 * @values:  set to the values as of pel_store_read(), NULL: no such node
 *
 * Returns: 0; or an error that is not -ENOENT, with nothing to free.
 */
int pel_store_read_many(struct pel_store *s, char *const *paths, size_t nr,
                        char **values);

/**
 * pel_store_read_u64 - read a node that holds one unsigned number
 * @s:         connection
 * @out:       set to the number on success
 * @path_fmt:  printf format of the path; its arguments follow
 *
 * Returns: 0; -EINVAL the value is not a decimal number; or an error of
 *          reading it, e.g. -ENOENT.
 */
int pel_store_read_u64(struct pel_store *s, uint64_t *out, const char *path_fmt,
                       ...) __attribute__((format(printf, 3, 4)));

/**
 * pel_store_write - write a node's value, creating the node if need be
 * @s:         connection
 * @value:     text; written without its NUL
 * @path_fmt:  printf format of the path; its arguments follow
 *
 * Returns: 0; -EACCES; -ENOMEM; -EIO.
 */
int pel_store_write(struct pel_store *s, const char *value,
                    const char *path_fmt, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * pel_store_put - write a formatted value below a folder
 * @s:          connection
 * @dir:        path of the folder
 * @name:       path below it, e.g. "state"
 * @value_fmt:  printf format of the value; its arguments follow
 *
 * Returns: 0; -EACCES; -ENOMEM; -EIO.
 */
int pel_store_put(struct pel_store *s, const char *dir, const char *name,
                  const char *value_fmt, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * pel_store_mkdir - make sure of a node and set its permissions
 * @s:         connection
 * @perms:     owner first, as xs_set_permissions() takes them
 * @nr_perms:  entries of @perms; 0 leaves permissions as they are
 * @path_fmt:  printf format of the path; its arguments follow
 *
 * Nodes created below it later inherit the permissions.
 * Returns: 0; -EACCES; -ENOMEM; -EIO.
 */
int pel_store_mkdir(struct pel_store *s, const struct xs_permissions *perms,
                    unsigned int nr_perms, const char *path_fmt, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * pel_store_rm - remove a node and all below it
 * @s:         connection
 * @path_fmt:  printf format of the path; its arguments follow
 *
 * Returns: 0, also when there was no such node; -EACCES; -ENOMEM; -EIO.
 */
int pel_store_rm(struct pel_store *s, const char *path_fmt, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * pel_store_rm_empty - remove a node that has no children, then its parents
 * @s:         connection
 * @stop:      path at which to stop; it is not removed
 * @path_fmt:  printf format of the path; its arguments follow
 *
 * Stops early, without an error, at the first node that has children.
 * Returns: 0; -EACCES; -ENOMEM; -EIO.
 */
int pel_store_rm_empty(struct pel_store *s, const char *stop,
                       const char *path_fmt, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * pel_store_list - names of a node's children
 * @s:         connection
 * @nr:        set to the number of names
 * @path_fmt:  printf format of the path; its arguments follow
 *
 * Returns: an array in one block, for one free(); or NULL with errno set:
 *          ENOENT no such node, EACCES, ENOMEM, EIO.
 */
char **pel_store_list(struct pel_store *s, unsigned int *nr,
                      const char *path_fmt, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * pel_store_txn - run a function as one transaction
 * @s:    connection, in no transaction
 * @fn:   reads and writes through @s; must be fit to run more than once;
 *        0 asks for the commit, a negative value aborts
 * @arg:  handed to @fn
 *
 * Where the store has a socket, changes that @fn makes are sent without waiting
 * for each answer: one that is refused makes a later call fail, at the latest
 * the commit.
 * Runs @fn again whenever the store answers EAGAIN because somebody else
 * changed what @fn used.
 * Returns: 0 committed; the negative value of @fn; or a negative errno of
 *          starting or ending the transaction.
 */
int pel_store_txn(struct pel_store *s,
                  int (*fn)(struct pel_store *s, void *arg), void *arg);

/**
 * pel_store_now_ns - the clock that deadlines are on
 *
 * Returns: CLOCK_MONOTONIC in nanoseconds.
 */
uint64_t pel_store_now_ns(void);

/**
 * pel_store_wait - wait until a condition on the store holds
 * @s:            connection in no transaction; a watch that the caller has
 *                on it may lose events
 * @deadline_ns:  when to give up, on the clock of pel_store_now_ns()
 * @check:        called once at first and again whenever @path_fmt or
 *                something below it changed; 0 asks to wait on, anything
 *                else ends the wait
 * @arg:          handed to @check
 * @path_fmt:     printf format of the path to watch; its arguments follow
 *
 * Returns: what @check returned, if that was not 0; -ETIMEDOUT; or a
 *          negative errno of watching.
 */
int pel_store_wait(struct pel_store *s, uint64_t deadline_ns,
                   int (*check)(struct pel_store *s, void *arg), void *arg,
                   const char *path_fmt, ...)
    __attribute__((format(printf, 5, 6)));

#endif
