/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spin locks.  Ring 0 runs with interrupts off (docs/maintainers/locking.md),
 * so a lock needs no variant for interrupt handlers.
 */
#pragma once

#include <hv/bug.h>
#include <hv/lock_rank.h>
#include <hv/spin.h>
#include <hv/types.h>

/* Whoever takes a ticket is served in the order of taking. */
struct lock {
    uint16_t next;    /* the ticket that comes next */
    uint16_t serving; /* the ticket that holds the lock, if it was taken */
    uint32_t rank;    /* enum lock_rank */
};

#define LOCK_INIT(r)                                                           \
    {                                                                          \
        0, 0, (r)                                                              \
    }

static inline void lock_init(struct lock *l, enum lock_rank rank)
{
    l->next = l->serving = 0;
    l->rank = rank;
}

static inline bool lock_held(const struct lock *l)
{
    return __atomic_load_n(&l->next, __ATOMIC_RELAXED) !=
           __atomic_load_n(&l->serving, __ATOMIC_RELAXED);
}

static inline bool lock_try(struct lock *l)
{
    uint16_t t = __atomic_load_n(&l->serving, __ATOMIC_ACQUIRE);

    return __atomic_compare_exchange_n(&l->next, &t, t + 1, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Apart, so that a lock that is free costs its taker no registers. */
static __attribute__((noinline, unused)) void lock_wait(const struct lock *l,
                                                        uint16_t t)
{
    while (__atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) != t)
        spin_relax();
}

static inline void lock_take(struct lock *l)
{
    uint16_t t = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

    if (unlikely(__atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) != t))
        lock_wait(l, t);
}

static inline void lock_release(struct lock *l)
{
    uint16_t mine = l->serving; /* nobody else writes it meanwhile */

    ASSERT(__atomic_load_n(&l->next, __ATOMIC_RELAXED) != mine);
    __atomic_store_n(&l->serving, mine + 1, __ATOMIC_RELEASE);
}

/* lock_take_both, lock_release_both - two of a rank, which may be one */
static inline void lock_take_both(struct lock *a, struct lock *b)
{
    lock_take(a < b ? a : b);
    if (a != b)
        lock_take(a < b ? b : a);
}

static inline void lock_release_both(struct lock *a, struct lock *b)
{
    lock_release(a);
    if (a != b)
        lock_release(b);
}
