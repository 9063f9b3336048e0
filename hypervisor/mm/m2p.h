/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine to pseudo-physical: the table's extent (m2p.c). */
#pragma once

#include <hv/types.h>

#define LARGE_PAGE_SIZE (2UL << 20)

/* range_has_ram - is any of the frames [@first, @end) RAM?  (boot; frame.c) */
bool range_has_ram(unsigned long first, unsigned long end);

/* m2p_init - back the table; called once the frame table stands */
void m2p_init(void);

/* m2p_end - one above the highest frame that has an entry */
unsigned long m2p_end(void);

/* m2p_chunk - first frame behind the @i-th 2 MiB of the table */
mfn_t m2p_chunk(unsigned int i);
