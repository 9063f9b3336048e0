/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping to a limit of bytes in a second. */
#ifndef PEL_DOMAIN_PACE_H
#define PEL_DOMAIN_PACE_H

#include <stdint.h>

struct pace {
    uint64_t bandwidth; /* bytes in a second; 0: no limit */
    uint64_t began_ns, began_len;
    uint64_t waited_ns; /* in all */
};

/** pace_begin - @len: bytes that were written before, of whatever counts */
void pace_begin(struct pace *p, uint64_t bandwidth, uint64_t len);

/** pace_keep - sleep until @len bytes are no more than the limit allows */
void pace_keep(struct pace *p, uint64_t len);

#endif
