/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the multiplier and shift for a frequency (pure). */
#include <hv/scale.h>

#define NS_PER_S 1000000000UL

struct time_scale scale_from_hz(uint64_t hz)
{
    struct time_scale s = { 0, 0 };

    if (!hz)
        return s;

    /* Bring hz into (1e9, 2e9]: then mul is in [2^31, 2^32). */
    while (hz > 2 * NS_PER_S) {
        hz >>= 1;
        s.shift--;
    }
    while (hz <= NS_PER_S) {
        hz <<= 1;
        s.shift++;
    }
    s.mul = (NS_PER_S << 32) / hz;

    return s;
}
