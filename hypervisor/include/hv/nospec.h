/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Array indices that a guest chooses, safe from a branch guessed wrongly. */
#pragma once

/**
 * nospec_index - @i if it is below @n, else 0
 *
 * Call it after the check that refuses @i >= @n.  A processor that runs ahead
 * of that check then reads element 0 instead of whatever the guest aimed at:
 * the mask comes from the carry of a comparison, not from a branch.
 */
static inline unsigned long nospec_index(unsigned long i, unsigned long n)
{
    unsigned long mask;

    asm volatile("cmp %2, %1\n\tsbb %0, %0"
                 : "=r"(mask)
                 : "r"(i), "r"(n)
                 : "cc");
    return i & mask;
}
