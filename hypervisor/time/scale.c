/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frequencies: multiplier and shift for one, finding one (pure). */
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

bool count_is_good(struct counted c)
{
    return c.ticks && c.doubt <= c.cycles >> 12;
}

struct counted count_better(struct counted a, struct counted b)
{
    if (!a.ticks || !b.ticks)
        return a.ticks ? a : b;
    return (unsigned __int128)b.doubt * a.cycles <
                   (unsigned __int128)a.doubt * b.cycles
               ? b
               : a;
}

uint64_t count_rate(struct counted c, uint32_t tsc_khz)
{
    uint64_t ns = c.cycles * 1000000 / tsc_khz; /* up to hours fit */

    return ns ? (c.ticks << 32) / ns : 0;
}
