/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may have a guest stand still, and go on: one process at a time.  Of two
 * that save, capture or migrate the same guest one would let it go on while
 * the other takes it for suspended.
 */
#ifndef PEL_DOMAIN_CLAIM_H
#define PEL_DOMAIN_CLAIM_H

#include <stdint.h>

struct pel_ctx;

#ifndef CLAIM_FILE /* tests have another */
#define CLAIM_FILE "/run/pellicle-domains.lock"
#endif
#ifndef CLAIM_MS
#define CLAIM_MS 6000 /* longer than a guard takes for most */
#endif

/**
 * domain_claim - be the one
 *
 * It lasts until all processes that have the descriptor, which are those that
 * were forked since, have closed it or ended.
 * Returns: a descriptor; -PEL_ESTATE somebody else is, for CLAIM_MS; -PEL_EIO
 */
int domain_claim(struct pel_ctx *ctx, uint32_t domid);

/** domain_claim_end - close it; what is no descriptor is nothing */
void domain_claim_end(int claim);

#endif
