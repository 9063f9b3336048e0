/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which guests there are: compares the hypervisor's list with what was known,
 * and tells the consoles and the reaper.
 */
#ifndef PELD_GUESTS_H
#define PELD_GUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "consoles.h"
#include "loop.h"
#include "reap.h"

struct guest {
    struct guest *next;
    uint32_t domid;
    uint8_t uuid[16];
    bool seen;          /* by the look at the list that is going on */
    bool dying;         /* as that look found it */
    bool shutdown;      /* the same */
    uint64_t ring_ref;  /* of the console that was last tried, */
    uint64_t port;      /* so that a failure is reported once */
    bool console_tried; /* whether those two are set */
};

struct guests {
    struct pel_ctx *ctx;
    struct loop *loop;
    struct consoles *consoles; /* NULL: consoles are another daemon's */
    struct reaper *reaper;
    struct guest *list;
    struct source store; /* watches */
    struct source timer; /* looks after lost ends, and after the store */
    bool connected;
};

/**
 * guests_init - connect to the store and take a first look
 * @g:         ctx, loop, consoles and reaper set, the rest zero
 *
 * Returns: 0; -PEL_ESTORE; -PEL_EHYPER; -PEL_EIO.
 */
int guests_init(struct guests *g);

/**
 * guests_scan - look at all domains
 * @g:  guests
 */
void guests_scan(struct guests *g);

/**
 * guests_close - free everything
 * @g:  guests
 */
void guests_close(struct guests *g);

#endif
