/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic with the processor's flags (pure; SDM volume 1, 3.4.3.1). */
#include "arith.h"

#define CF (1UL << 0)
#define PF (1UL << 2)
#define AF (1UL << 4)
#define ZF (1UL << 6)
#define SF (1UL << 7)
#define OF (1UL << 11)

static uint64_t result_flags(uint64_t r, uint64_t sign)
{
    uint64_t f = 0;
    uint8_t p = r;

    p ^= p >> 4;
    p ^= p >> 2;
    p ^= p >> 1;
    if (!(p & 1))
        f |= PF;
    if (!r)
        f |= ZF;
    if (r & sign)
        f |= SF;
    return f;
}

uint64_t arith_do(enum arith_op op, uint64_t a, uint64_t b, bool carry,
                  unsigned int size, uint64_t *flags)
{
    uint64_t mask = size == 8 ? ~0UL : (1UL << (size * 8)) - 1;
    uint64_t sign = 1UL << (size * 8 - 1), r = 0, f = 0;

    a &= mask;
    b &= mask;
    switch (op) {
    case ARITH_OR:
        r = a | b;
        break;
    case ARITH_AND:
        r = a & b;
        break;
    case ARITH_XOR:
        r = a ^ b;
        break;
    case ARITH_ADD:
        carry = false;
        /* fall through */
    case ARITH_ADC:
        r = (a + b + carry) & mask;
        f = (r < a || (carry && r == a) ? CF : 0) |
            ((a ^ r) & (b ^ r) & sign ? OF : 0) | ((a ^ b ^ r) & AF);
        break;
    case ARITH_SUB:
    case ARITH_CMP:
        carry = false;
        /* fall through */
    case ARITH_SBB:
        r = (a - b - carry) & mask;
        f = (a < b || (carry && a == b) ? CF : 0) |
            ((a ^ b) & (a ^ r) & sign ? OF : 0) | ((a ^ b ^ r) & AF);
        break;
    }
    *flags = f | result_flags(r, sign);
    return r;
}
