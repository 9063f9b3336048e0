/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One guest's console: its ring, its pseudo-terminal and its log. */
#ifndef PELD_CONSOLE_H
#define PELD_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/io/console.h>

#include "backlog.h"
#include "log_file.h"
#include "loop.h"

#define CONSOLE_LOG_DIR "/var/log/pellicle/console"

struct pel_ctx;
struct xengntdev_handle;

/* What all consoles share. */
struct console_env {
    struct pel_ctx *ctx;
    struct loop *loop;
    struct xengntdev_handle *gnttab; /* NULL: rings are mapped by frame */
};

struct console {
    struct console *next; /* of the set */
    const struct console_env *env;
    uint32_t domid;
    uint64_t ring_ref; /* as in the store */
    uint32_t remote;   /* the guest's event channel */
    int port;          /* ours, bound to it; -1 when there is none */
    struct xencons_interface *ring; /* NULL: not mapped (any more) */
    bool granted;                   /* mapped by grant, else by frame */
    bool masked;                    /* the event waits for console_refill() */
    uint32_t budget;                /* bytes of output until console_refill() */
    int slave; /* kept open, so that the terminal outlives readers */
    struct log_file log;
    struct source pty;
    struct backlog backlog;
    uint64_t linger_ns; /* not 0: only its reader is left, until then */
};

/**
 * console_open - take a guest's console up
 * @env:       shared handles
 * @domid:     guest
 * @ring_ref:  the store's ring-ref: frame number of its ring
 * @remote:    the store's port
 * @out:       set to the console, whose terminal is in the store
 *
 * Returns: 0; -PEL_EHYPER the ring or the channel cannot be had; -PEL_EIO no
 *          terminal; -PEL_ENOMEM; -PEL_ESTORE.
 */
int console_open(const struct console_env *env, uint32_t domid,
                 uint64_t ring_ref, uint32_t remote, struct console **out);

/**
 * console_event - the guest has printed or read
 * @c:  console whose port fired
 */
void console_event(struct console *c);

/**
 * console_refill - a new period: the console may print again
 * @c:  console
 */
void console_refill(struct console *c);

/**
 * console_busy - whether the console waits for time to pass
 * @c:  console
 */
bool console_busy(const struct console *c);

/**
 * console_detach - let go of the guest, but let a reader finish
 * @c:  console
 *
 * The ring keeps a page of the guest: it is unmapped at once, after a last
 * look.  What a reader has not seen yet stays readable for a short time.
 */
void console_detach(struct console *c);

/**
 * console_finished - whether a detached console has nothing more to do
 * @c:  console
 */
bool console_finished(const struct console *c);

/**
 * console_close - end everything and free it
 * @c:  console, or NULL for nothing
 */
void console_close(struct console *c);

/**
 * console_reopen_log - after the log was rotated
 * @c:  console
 */
void console_reopen_log(struct console *c);

#endif
