/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cycles to nanoseconds the way the ABI's vcpu_time_info does (pure). */
#pragma once

#include <hv/types.h>

/* ns = ((cycles << shift) * mul) >> 32; a negative shift goes right. */
struct time_scale {
    uint32_t mul;
    int8_t shift;
};

/**
 * scale_from_hz - the scale for a counter of @hz cycles per second
 *
 * The largest mul below 2^32, for precision.  @hz of 0 gives a clock that
 * stands still.
 */
struct time_scale scale_from_hz(uint64_t hz);

/* scale_apply - cycles to nanoseconds, exact to the formula, modulo 2^64 */
static inline uint64_t scale_apply(struct time_scale s, uint64_t cycles)
{
    if (s.shift < 0)
        cycles >>= -s.shift;
    else
        cycles <<= s.shift;
    return ((unsigned __int128)cycles * s.mul) >> 32;
}

/* What a counter of unknown rate counted, while the TSC advanced. */
struct counted {
    uint64_t ticks;  /* 0: it did not count, or ran out */
    uint64_t cycles; /* of the TSC, between the two readings */
    uint64_t doubt;  /* cycles that the readings took themselves */
};

/* count_is_good - is the rate known to 1 in 4096? */
bool count_is_good(struct counted c);

/* count_better - the one of the two that tells the rate better */
struct counted count_better(struct counted a, struct counted b);

/* count_rate - ticks in a nanosecond times 2^32; 0 if none were counted */
uint64_t count_rate(struct counted c, uint32_t tsc_khz);
