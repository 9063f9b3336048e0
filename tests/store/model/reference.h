/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reference model: what a store holds, as one flat array, and what each
 * request answers.  It knows nothing of snapshots, generations or trees.
 */
#ifndef MODEL_REFERENCE_H
#define MODEL_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#define FAN 3 /* names below each node: a, b, c */
#define PLACES (1 + FAN + FAN * FAN + FAN * FAN * FAN)
#define ENTRIES 3 /* of a permission list */
#define PATH_MAX_BYTES 32
#define NOWHERE (-1)

enum { NONE = 0, READ = 1, WRITE = 2 }; /* access */

struct list {
    int nr;
    struct {
        uint16_t domid;
        uint8_t access;
    } e[ENTRIES];
};

struct place {
    bool there;
    int value; /* 0: empty */
    struct list perms;
};

struct model {
    struct place at[PLACES];
};

/* A request that the model knows. */
struct act {
    uint32_t type;
    uint16_t domid; /* who asks */
    int place;
    int value;         /* WRITE */
    struct list perms; /* SET_PERMS */
};

#define ANSWER_BYTES 64

/** place_path - the path of a place */
void place_path(int place, char *path);

/** place_up - the place above it, or NOWHERE */
int place_up(int place);

/** place_below - is @place below @top, or the same? */
bool place_below(int place, int top);

/** model_init - only place 0 is there, dom0's */
void model_init(struct model *m);

/** model_allow - what domain @domid may do with a place that is there */
unsigned int model_allow(const struct model *m, int place, uint16_t domid);

/**
 * model_do - do a request
 * @answer: set to what the store should say, NULs as dots
 *
 * Returns: whether it changed anything that watches tell.
 */
bool model_do(struct model *m, const struct act *a, char *answer);

/** act_payload - the request's payload; returns its length */
int act_payload(const struct act *a, char *data);

#endif
