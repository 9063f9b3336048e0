/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proving a chain. */
#ifndef PEL_SNAPSHOT_VERIFY_H
#define PEL_SNAPSHOT_VERIFY_H

#include <pel/stream.h>
#include "parts.h"

/**
 * chain_verify - prove the newest of a chain, with what it takes of the others
 * Returns: 0; -PEL_EFORMAT; -PEL_EIO
 */
int chain_verify(struct snap_chain *c);

/* The image of a chain, read through the parts that it is kept in. */
struct chain_image {
    struct pel_image_reader reader;
    struct parts_reader parts;
};

/**
 * chain_image_open - up to the image's headers
 * @out: for chain_image_close() in any case
 */
int chain_image_open(struct snap_chain *c, struct chain_image **out);
void chain_image_close(struct chain_image *i);

#endif
