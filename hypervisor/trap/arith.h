/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic with the processor's flags (pure). */
#pragma once

#include <hv/types.h>

/* As the processor numbers them in opcodes and ModRM. */
enum arith_op {
    ARITH_ADD,
    ARITH_OR,
    ARITH_ADC,
    ARITH_SBB,
    ARITH_AND,
    ARITH_SUB,
    ARITH_XOR,
    ARITH_CMP
};

/* OF, SF, ZF, AF, PF, CF */
#define ARITH_FLAGS 0x8d5UL

/**
 * arith_do - @a op @b on @size bytes (1, 2, 4, 8)
 * @carry: the flag before, for ADC and SBB
 * @flags: set to the flags after, bits of ARITH_FLAGS
 *
 * Returns: the result, cut to @size.
 */
uint64_t arith_do(enum arith_op op, uint64_t a, uint64_t b, bool carry,
                  unsigned int size, uint64_t *flags);
