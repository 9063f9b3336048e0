/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking a guest to stand still, and letting it go on. */
#ifndef PEL_DOMAIN_SUSPEND_H
#define PEL_DOMAIN_SUSPEND_H

#include <stdint.h>

struct pel_ctx;

/**
 * domain_check_running - whether a guest could suspend now
 * Returns: 0; -PEL_ESTATE it is paused or shut down; -PEL_EINVAL dom0
 */
int domain_check_running(struct pel_ctx *ctx, uint32_t domid);

/**
 * domain_suspend - ask the guest to suspend, and wait until it has
 *
 * A guest that does not answer is left as it was.
 * Returns: 0; -PEL_ESTATE it is paused, shut down, or does something else
 *          meanwhile; -PEL_ETIMEDOUT
 */
int domain_suspend(struct pel_ctx *ctx, uint32_t domid);

/**
 * domain_resume - have a suspended guest go on where it is
 *
 * It learns that the suspend was cancelled.  A guest that is not suspended is
 * left alone.
 */
int domain_resume(struct pel_ctx *ctx, uint32_t domid);

/**
 * domain_resume_later - take back what domain_suspend() asked, whether the
 * guest has done it already, is about to, or never will
 *
 * For a guard: errors stay in @ctx.
 */
void domain_resume_later(struct pel_ctx *ctx, uint32_t domid);

#endif
