/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole state as records, in small steps beside the store's work. */
#ifndef STORE_DUMP_H
#define STORE_DUMP_H

#include <store/parse.h>
#include <store/record.h>

/* A directory on the way to where the walk stands. */
struct dump_level {
    const struct node *n;
    size_t path_len; /* bytes that name it */
    size_t from;     /* offset in the list of its children's names */
};

/*
 * A dump under way.  The tree is a snapshot of when the dump began; all else
 * is as it is when its turn comes.  Records of what happened since the dump
 * began must follow it.
 */
struct dump {
    struct server *srv;
    struct node *root;
    struct records records; /* the step's; the caller takes them */
    unsigned int domid;     /* next domain */
    struct dump_level *level;
    size_t nr, room; /* levels */
    bool begun;      /* limits and counters are done */
    char path[PATH_ROOM];
};

/** dump_begin - take the snapshot: 0, or -ENOMEM */
int dump_begin(struct dump *d, struct server *srv);

/**
 * dump_step - add records of about @bytes to d->records
 *
 * Call it only when what connections did is recorded.
 * Returns: 1 there is more; 0 that was all; -ENOMEM: give the dump up.
 */
int dump_step(struct dump *d, size_t bytes);

/** dump_end - free what @d holds */
void dump_end(struct dump *d);

#endif
