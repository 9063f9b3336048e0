/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proving a chain. */
#ifndef PEL_SNAPSHOT_VERIFY_H
#define PEL_SNAPSHOT_VERIFY_H

#include <pel/stream.h>
#include "chain.h"

/**
 * chain_verify - prove the newest of a chain, with what it takes of the others
 * Returns: 0; -PEL_EFORMAT; -PEL_EIO
 */
int chain_verify(struct snap_chain *c);

/**
 * chain_image - read a chain's image as a restore would
 * @take: called for each record; NULL: nobody wants them
 */
int chain_image(struct snap_chain *c,
                int (*take)(void *arg, struct pel_image_reader *r,
                            const struct pel_image_record *rec),
                void *arg);

#endif
