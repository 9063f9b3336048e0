/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The consoles of all guests: who is ready, whose turn it is. */
#ifndef PELD_CONSOLES_H
#define PELD_CONSOLES_H

#include "console.h"

struct consoles {
    struct console_env env;
    struct console *list;
    struct source events; /* the event channels */
    struct source timer;  /* periods of output; armed only when needed */
    bool armed;
};

/**
 * consoles_init - open what consoles need
 * @cs:    set
 * @ctx:   context, which outlives it
 * @loop:  loop, which outlives it
 *
 * Returns: 0; -PEL_EHYPER no event channels; -PEL_EIO.
 */
int consoles_init(struct consoles *cs, struct pel_ctx *ctx, struct loop *loop);

/**
 * consoles_set - a guest's console is at this ring and port
 * @cs:        consoles
 * @domid:     guest
 * @ring_ref:  the store's ring-ref
 * @remote:    the store's port
 *
 * Does nothing when it is there already; replaces an older one.
 * Returns: 0; as console_open().
 */
int consoles_set(struct consoles *cs, uint32_t domid, uint64_t ring_ref,
                 uint32_t remote);

/**
 * consoles_drop - the guest is dying or gone
 * @cs:     consoles
 * @domid:  guest
 */
void consoles_drop(struct consoles *cs, uint32_t domid);

/**
 * consoles_reopen_logs - after the logs were rotated
 * @cs:  consoles
 */
void consoles_reopen_logs(struct consoles *cs);

/**
 * consoles_close - close all, and withdraw their terminals from the store
 * @cs:  consoles
 */
void consoles_close(struct consoles *cs);

#endif
