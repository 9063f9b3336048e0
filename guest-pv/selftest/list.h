/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of self-tests, in the order of running. */
#ifndef SELFTEST_LIST_H
#define SELFTEST_LIST_H

/* clang-format off */
#define TEST_LIST(X)    \
    X(memory_maps)      \
    X(update_va)        \
    X(cache_bits)       \
    X(mmu_update)       \
    X(upper_levels)     \
    X(pin)              \
    X(baseptr)          \
    X(emulated_write)   \
    X(m2p)              \
    X(mmuext)           \
    X(reservation)
/* clang-format on */

#endif
