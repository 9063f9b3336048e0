/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second process that sets things right if this one is killed while a guest
 * is in a state that it must not be left in.
 */
#ifndef PEL_DOMAIN_GUARD_H
#define PEL_DOMAIN_GUARD_H

#include <sys/types.h>

struct pel_ctx;

struct guard {
    pid_t pid;
    int pipe; /* -1: there is no guard */
};

/**
 * guard_start - begin to watch over ourselves
 * @claim: of domain_claim(), which the guard then holds as long as it lives;
 *         -1: none
 * @act: what to do if we end without guard_end(); runs in a process of its
 *       own, with a context of its own, and sees @arg as it is now
 * Returns: 0; -PEL_EIO
 */
int guard_start(struct pel_ctx *ctx, struct guard *g, int claim,
                void (*act)(struct pel_ctx *ctx, const void *arg),
                const void *arg);

/** guard_end - all is well; also when there is no guard */
void guard_end(struct guard *g);

#endif
