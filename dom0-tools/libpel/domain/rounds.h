/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending the memory of a guest that runs: all of it once, then what has
 * changed meanwhile, again and again, until little is left.
 */
#ifndef PEL_DOMAIN_ROUNDS_H
#define PEL_DOMAIN_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

struct pel_ctx;
struct pel_disk_rounds;
struct sender;

/* What may be asked for; 0: the default of each. */
struct round_limits {
    uint32_t downtime_ms;   /* end when this would do: ROUNDS_DOWNTIME_MS */
    uint32_t rounds;        /* at most so many: ROUNDS_MAX */
    uint64_t bandwidth;     /* bytes in a second; 0: no limit */
    uint32_t standstill_ms; /* what it takes beside the last pages */
    /* Waits until all that was written has arrived; NULL: at once. */
    int (*arrived)(void *arg);
    const struct pel_disk_rounds *disks; /* NULL: none are sent */
};

#define ROUNDS_DOWNTIME_MS 300u
#define ROUNDS_MAX 30u

/* After each round. */
struct round_info {
    uint32_t round;        /* from 1 */
    uint64_t pages;        /* looked at in this round */
    uint64_t bytes;        /* written since the beginning */
    uint64_t rate;         /* bytes of memory in a second, without waiting */
    uint64_t remaining;    /* pages that have changed meanwhile */
    uint64_t disk_left;    /* bytes of disks that have */
    uint32_t predicted_ms; /* for how long the guest would stand still now */
    bool last;             /* the guest is suspended next */
};

typedef void round_fn(void *arg, const struct round_info *info);

/**
 * sender_rounds - all pages of a guest that runs, until it may be suspended
 * @s:      live, begun
 * @report: called after each round; NULL: nobody
 * @arg:    for it, and for what @limits calls
 *
 * Ends when the rest would take less than the limit, when rounds no longer
 * make it less, or when there were enough of them.
 * Returns: 0; -PEL_ESTATE stopped; errors of sender_pages()
 */
int sender_rounds(struct sender *s, const struct round_limits *limits,
                  round_fn *report, void *arg);

/**
 * sender_last_pages - what is left, of a guest that is suspended by now
 *
 * From then on @s is not live any more; sender_state() comes next.
 * Returns: 0; -PEL_ESTATE the guest's memory has grown meanwhile; errors of
 *          sender_pages()
 */
int sender_last_pages(struct sender *s);

/** log_off - end tracking a guest, which may have ended; keeps the message */
void log_off(struct pel_ctx *ctx, uint32_t domid);

#endif
