/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What packing and unpacking share; the format is in <pel/pack.h>. */
#ifndef PEL_STREAM_PACK_FORMAT_H
#define PEL_STREAM_PACK_FORMAT_H

#include <pel/pack.h>
#include "format.h"

#define PACK_MAGIC "PelPack1"
#define PACK_MAGIC_BYTES 8
#define PACK_PAGES (PACK_BLOCK / PAGE_BYTES)

struct pack_head {
    uint32_t len;    /* bytes of the image */
    uint32_t packed; /* bytes behind the sums */
};

/**
 * pack_sums - the sum of each page of a block
 * @block: aligned to 8; filled up with zeros to whole pages
 * Returns: how many there are
 */
static inline size_t pack_sums(uint8_t *block, size_t len, uint64_t *sums)
{
    size_t nr = (len + PAGE_BYTES - 1) / PAGE_BYTES;

    for (size_t i = len; i < nr * PAGE_BYTES; i++)
        block[i] = 0;
    for (size_t i = 0; i < nr; i++)
        sums[i] = pel_page_hash(block + i * PAGE_BYTES);
    return nr;
}

#endif
