/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spin locks.  Ring 0 runs with interrupts off (docs/maintainers/locking.md),
 * so a lock needs no variant for interrupt handlers.
 */
#ifndef HV_LOCK_H
#define HV_LOCK_H

#include <hv/bug.h>
#include <hv/lock_rank.h>
#include <hv/types.h>

struct lock {
    uint32_t held; /* 0 or 1 */
    uint32_t rank; /* enum lock_rank */
};

#define LOCK_INIT(r)                                                           \
    {                                                                          \
        0, (r)                                                                 \
    }

static inline void lock_init(struct lock *l, enum lock_rank rank)
{
    l->held = 0;
    l->rank = rank;
}

static inline bool lock_try(struct lock *l)
{
    return !__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE);
}

static inline void lock_take(struct lock *l)
{
    while (unlikely(!lock_try(l)))
        while (__atomic_load_n(&l->held, __ATOMIC_RELAXED))
            __builtin_ia32_pause();
}

static inline void lock_release(struct lock *l)
{
    ASSERT(l->held);
    __atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

#endif
