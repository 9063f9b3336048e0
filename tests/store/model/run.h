/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all parts of a run of the model share. */
#ifndef MODEL_RUN_H
#define MODEL_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "peer.h"
#include "reference.h"

#define SOCKETS 2
#define GUESTS 3
#define PEERS (SOCKETS + GUESTS)
#define TXNS 2 /* open at once, by peer */
#define ACTS 8 /* in a transaction, at most */
#define WATCHES 4

struct txn {
    uint32_t id;          /* 0: not begun */
    unsigned int version; /* of the model when it began */
    int nr;
    struct act act[ACTS];
    char answer[ACTS][ANSWER_BYTES];
};

struct watch {
    int place; /* NOWHERE: not set */
    unsigned int token;
};

/* A peer, and what the model knows of it. */
struct player {
    struct peer peer;
    struct txn txn[TXNS];
    struct watch watch[WATCHES];
    struct event want[EVENTS_MAX]; /* events that must come */
    unsigned int nr_want;
};

/* The run: its store, its peers and the model of what they did. */
extern struct run {
    const char *store, *standin, *folder;
    char socket[4096], journal[4096];
    pid_t pid;
    unsigned long seed, first_seed, step;
    unsigned int version; /* grows with each change of the model */
    unsigned int group;   /* of the events of the present change */
    unsigned long commits, conflicts, events, crashes;
    struct model model;
    struct player player[PEERS];
} run;

/** ask - ask the store; @answer is set to what it says, NULs as dots */
void ask(struct player *p, uint32_t tx, const struct act *act, char *answer);

/**
 * want_events - note the events that one commit must cause
 * @before:  the model before it; run.model is what it is now
 * @changed: by place: it was told to be changed
 * @removed: by place: it was removed
 */
void want_events(const struct model *before, const bool *changed,
                 const bool *removed);

/** compare_events - the events that came are those that had to, in order */
void compare_events(struct player *p);

#endif
