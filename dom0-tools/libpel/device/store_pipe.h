/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to the store's socket for one transaction, which does not wait
 * for the answer to each write.
 *
 * libxenstore waits: a hundred writes are two hundred switches between two
 * processes.  Here they are queued, go out together, and the first one that
 * was refused is told by the next call that waits.
 */
#ifndef PEL_DEVICE_STORE_PIPE_H
#define PEL_DEVICE_STORE_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#define PIPE_BYTES 16384 /* that are queued at most */
#define PIPE_DEPTH 128   /* requests without an answer at most */

struct store_pipe {
    int fd;
    uint32_t txn;       /* of each request; 0 none */
    int rc;             /* of the first request that was refused, or 0 */
    int dead;           /* why the connection is of no use any more, or 0 */
    unsigned int depth; /* requests that are queued or under way */
    uint16_t type[PIPE_DEPTH];
    char **want[PIPE_DEPTH]; /* where the answer goes, or NULL */
    size_t len;
    char out[PIPE_BYTES];
    size_t in_at, in_len; /* what has come and was not looked at yet */
    char in[4096];
};

/**
 * store_pipe_open - connect
 * @p:  set up by this; store_pipe_close() ends it
 *
 * Returns: 0; -ENOENT and the like when there is no socket.
 */
int store_pipe_open(struct store_pipe *p);

/**
 * store_pipe_put - queue a request whose answer says no more than "OK"
 * @type:     XS_WRITE and so on; an XS_RM may find nothing
 * @payload:  of the request
 * @len:      of it
 *
 * Returns: 0; -E2BIG longer than the store takes; when the queue is full what
 *          store_pipe_flush() does.
 */
int store_pipe_put(struct store_pipe *p, uint16_t type, const void *payload,
                   size_t len);

/**
 * store_pipe_want - the same for a request whose answer is wanted, but not now
 * @out:  set to the answer with a NUL after it, for free(), by the call that
 *        waits for it; NULL until then, and when there is no such node
 */
int store_pipe_want(struct store_pipe *p, uint16_t type, const void *payload,
                    size_t len, char **out);

/**
 * store_pipe_flush - send what is queued, and wait for all answers
 *
 * Returns: 0; the negative errno of the first request that was refused, again
 *          and again; -EIO and the like when the connection is broken.
 */
int store_pipe_flush(struct store_pipe *p);

/**
 * store_pipe_ask - the same with one request more, and its answer
 * @out:      set to the answer with a NUL after it, for free()
 * @out_len:  set to its length, or NULL
 *
 * Returns: 0; its own negative errno; -EIO and the like when the connection is
 *          broken.  One that was refused before it is told by a flush.
 */
int store_pipe_ask(struct store_pipe *p, uint16_t type, const void *payload,
                   size_t len, char **out, size_t *out_len);

/**
 * store_pipe_close - disconnect; an open transaction is aborted
 */
void store_pipe_close(struct store_pipe *p);

#endif
