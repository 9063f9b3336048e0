/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal: a file from which the next server takes up where this one was
 * killed.
 *
 * INVARIANT JOURNAL-1: nobody outside learns of anything that is not yet in
 * the file: no reply, no event, no index of a ring.  So the loop lets all
 * connections work, then writes all that they did as one frame, and only then
 * lets them settle.  A frame is there wholly or not at all.
 *
 * A file is a snapshot and the frames that followed it.  When those are as
 * long as the snapshot, a new file is begun beside it: each round adds a part
 * of a snapshot to it, and what happens goes to both.  When the snapshot is
 * whole the new file takes the old one's name.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include <sys/types.h>

#include <store/dump.h>
#include <store/frame.h>

/* Behind the name of a journal: a file that was damaged, as it was found. */
#define JOURNAL_DAMAGED ".damaged"

/* One file. */
struct journal_file {
    int fd; /* -1: there is none */
    uint64_t seq;
    off_t size;
};

struct journal {
    struct server *srv;
    const char *path;    /* the caller's */
    char *path_new;      /* of the file that is being made */
    const char *boot_id; /* names this boot of the machine */
    struct journal_file old, new;
    off_t snapshot;         /* bytes of old that are its snapshot */
    struct records records; /* srv->records */
    struct dump dump;
    bool dumping;  /* new is being made */
    bool behind;   /* old lacks something: only a new one helps */
    int64_t retry; /* when to try again for a new one, monotonic ms, or 0 */
};

/* What was found. */
struct journal_found {
    bool any;             /* there was a journal, */
    bool foreign;         /* but of another boot of the machine */
    unsigned int domains; /* introduced */
    uint64_t frames;      /* whole ones */
    uint64_t damaged;     /* bytes passed over between frames */
    uint64_t tail;        /* bytes cut off behind the last one, or all */
    bool lacking;         /* the last server had no room for all */
    bool kept;            /* what was found has another name now */
};

/**
 * journal_open - recover what a journal holds, and write to it from now on
 * @j:       zero
 * @srv:     a new store; set to what was recovered
 * @path:    the file; made if it is missing; one that is damaged, or nothing
 *           like a journal, is kept as @path.damaged
 * @boot_id: a file of another boot is ignored, for all domains are others;
 *           NULL: of any boot will do
 * @found:   set to what to tell the administrator; NULL: @srv has its state
 *           already, and what the file holds is not read
 *
 * Returns: 0; -EBUSY another server has it; another negative errno: there is
 *          no journal.
 */
int journal_open(struct journal *j, struct server *srv, const char *path,
                 const char *boot_id, struct journal_found *found);

/**
 * journal_round - write what has happened; afterwards it may be told
 *
 * When there is no room the store goes on, says so in the log, and tries
 * again with a shorter file.
 * Returns: milliseconds until this wants to be called again, or -1.
 */
int journal_round(struct journal *j);

/** journal_renew - write a new file at once: 0, or a negative errno */
int journal_renew(struct journal *j);

/** journal_close - close the file, which stays; a zero @j is nothing */
void journal_close(struct journal *j);

#endif
