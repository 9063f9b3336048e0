/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arith_do() against the processor that the test runs on. */
#include <hv/types.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include "../../../../hypervisor/trap/arith.h"

#define OP_ON(name, type, suffix)                                              \
    static uint64_t name(enum arith_op op, uint64_t a, uint64_t b, bool carry, \
                         uint64_t *flags)                                      \
    {                                                                          \
        type x = a, y = b;                                                     \
                                                                               \
        switch (op) {                                                          \
            CASE(ARITH_ADD, "add" suffix)                                      \
            CASE(ARITH_OR, "or" suffix)                                        \
            CASE(ARITH_ADC, "adc" suffix)                                      \
            CASE(ARITH_SBB, "sbb" suffix)                                      \
            CASE(ARITH_AND, "and" suffix)                                      \
            CASE(ARITH_SUB, "sub" suffix)                                      \
            CASE(ARITH_XOR, "xor" suffix)                                      \
        default:                                                               \
            abort();                                                           \
        }                                                                      \
        return x;                                                              \
    }
#define CASE(op, insn)                                                         \
    case op:                                                                   \
        asm volatile("bt $0, %3\n" insn " %2, %0\n pushfq\n pop %1"            \
                     : "+q"(x), "=&r"(*flags)                                  \
                     : "q"(y), "r"((uint64_t)carry)                            \
                     : "cc");                                                  \
        break;

OP_ON(real1, uint8_t, "b")
OP_ON(real2, uint16_t, "w")
OP_ON(real4, uint32_t, "l")
OP_ON(real8, uint64_t, "q")

static uint64_t real(enum arith_op op, uint64_t a, uint64_t b, bool carry,
                     unsigned int size, uint64_t *flags)
{
    switch (size) {
    case 1:
        return real1(op, a, b, carry, flags);
    case 2:
        return real2(op, a, b, carry, flags);
    case 4:
        return real4(op, a, b, carry, flags);
    }
    return real8(op, a, b, carry, flags);
}

static const uint64_t edges[] = {
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    0x7fffffffffffffff,
    0x8000000000000000,
    ~0UL,
};

static void compare(enum arith_op op, uint64_t a, uint64_t b)
{
    for (unsigned int size = 1; size <= 8; size *= 2)
        for (unsigned int carry = 0; carry < 2; carry++) {
            uint64_t want_flags, flags, mask = ARITH_FLAGS;
            uint64_t want = real(op, a, b, carry, size, &want_flags);

            if (op == ARITH_OR || op == ARITH_AND || op == ARITH_XOR)
                mask &= ~0x10UL; /* AF is not defined */
            assert_int_equal(arith_do(op, a, b, carry, size, &flags), want);
            assert_int_equal(flags & mask, want_flags & mask);
        }
}

static void edges_and_random_numbers_agree(void **state)
{
    (void)state;
    srandom(1);
    for (enum arith_op op = ARITH_ADD; op < ARITH_CMP; op++) {
        for (unsigned int i = 0; i < ARRAY_SIZE(edges); i++)
            for (unsigned int j = 0; j < ARRAY_SIZE(edges); j++)
                compare(op, edges[i], edges[j]);
        for (unsigned int i = 0; i < 2000; i++)
            compare(op, (uint64_t)random() << 33 ^ random(),
                    (uint64_t)random() << 33 ^ random());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_and_random_numbers_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
