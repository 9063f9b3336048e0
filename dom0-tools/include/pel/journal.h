/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host has written down about a migration: who owns the guest, should
 * everything else be forgotten.  One file for each migration and side; whoever
 * works on it holds its lock.
 */
#ifndef PEL_JOURNAL_H
#define PEL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

struct pel_ctx;

#ifndef JOURNAL_DIR /* tests have another */
#define JOURNAL_DIR "/var/lib/pellicle/migrate"
#endif
#define JOURNAL_ID 37 /* bytes of a migration's name, with its NUL */

enum journal_role { JOURNAL_SOURCE, JOURNAL_TARGET };

enum journal_state {
    JOURNAL_MOVING = 1, /* the source owns the guest */
    JOURNAL_COMMIT,     /* of the source: it will not run the guest, unless
                         * the target says that it does not either;
                         * of the target: it owns the guest */
};

/* Exactly one block, so that it is written whole. */
struct journal_record {
    uint64_t magic, sum;
    uint64_t seq; /* of two blocks the higher one counts */
    uint32_t role, state;
    uint32_t domid; /* PEL_DOMID_NONE: not made yet */
    uint32_t pid;   /* who works on it */
    uint8_t uuid[16];
    uint8_t paused; /* the target leaves it so */
    char id[JOURNAL_ID + 2];
    char name[256];
    /* Of the source: how to reach the target; of the target: the list of files
     * that it makes for disks. */
    char text[3072];
    uint8_t copies;        /* the source: it follows what is written to disks */
    char boot[JOURNAL_ID]; /* of this host: ids of domains begin anew */
    char peer[JOURNAL_ID]; /* of the source: the target's journal_host() */
    uint8_t unused[4096 - 3425 - 2 * JOURNAL_ID];
};

struct journal {
    struct pel_ctx *ctx;
    int fd; /* -1: none */
    char path[128];
    struct journal_record rec;
};

/**
 * journal_create - begin one, durably; the lock is ours
 * @rec: role, state, domid, uuid, id, name, text set
 * Returns: 0; -PEL_EEXIST; -PEL_EIO
 */
int journal_create(struct pel_ctx *ctx, const struct journal_record *rec,
                   struct journal *j);

/**
 * journal_open - read one, with its lock
 * @wait_ms: how long to wait for the lock
 *
 * One without a byte, of somebody who was killed at the very beginning, is
 * removed.
 * Returns: 0; -PEL_ENOENT, without a message, there is none; -PEL_ESTATE
 *          somebody works on it, with his pid in @j->rec; -PEL_EFORMAT;
 * -PEL_EIO
 */
int journal_open(struct pel_ctx *ctx, enum journal_role role, const char *id,
                 int wait_ms, struct journal *j);

/** journal_write - @j->rec as it is now; when it returns 0 that is durable */
int journal_write(struct journal *j);

/**
 * journal_is_of_now - whether this host has not restarted since: what has the
 * same id, and even the same UUID, is another domain otherwise
 */
bool journal_is_of_now(const struct journal_record *r);

/**
 * journal_host - the name of this host's journals: another host, and one that
 * has lost what it had written down, has another
 * @host: set, with its NUL
 */
int journal_host(struct pel_ctx *ctx, char host[JOURNAL_ID]);

/** journal_remove - it is over, and nothing is left to be told */
void journal_remove(struct journal *j);

/** journal_close - let go of it; also of one that is not there */
void journal_close(struct journal *j);

/**
 * journal_each - the names of all of one side
 * @fn: 0 goes on, else it is the result
 */
int journal_each(struct pel_ctx *ctx, enum journal_role role,
                 int (*fn)(struct pel_ctx *ctx, const char *id, void *arg),
                 void *arg);

#endif
