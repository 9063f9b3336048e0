/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of physical CPUs; in memory the same as the ABI's bitmaps. */
#pragma once

#include <hv/layout.h>
#include <hv/types.h>

#define CPUMASK_WORDS ((NR_CPUS + 63) / 64)

struct cpumask {
    uint64_t word[CPUMASK_WORDS];
};

static inline void cpumask_add(struct cpumask *m, unsigned int cpu)
{
    m->word[cpu / 64] |= 1UL << cpu % 64;
}

static inline bool cpumask_has(const struct cpumask *m, unsigned int cpu)
{
    return m->word[cpu / 64] >> cpu % 64 & 1;
}

/* cpumask_test - the same, for one that other CPUs change meanwhile */
static inline bool cpumask_test(const struct cpumask *m, unsigned int cpu)
{
    return __atomic_load_n(&m->word[cpu / 64], __ATOMIC_RELAXED) >> cpu % 64 &
           1;
}

/* cpumask_set, cpumask_clear - atomic; was it in before? */
static inline bool cpumask_set(struct cpumask *m, unsigned int cpu)
{
    uint64_t bit = 1UL << cpu % 64;

    return __atomic_fetch_or(&m->word[cpu / 64], bit, __ATOMIC_SEQ_CST) & bit;
}

static inline bool cpumask_clear(struct cpumask *m, unsigned int cpu)
{
    uint64_t bit = 1UL << cpu % 64;

    return __atomic_fetch_and(&m->word[cpu / 64], ~bit, __ATOMIC_SEQ_CST) & bit;
}

/* cpumask_and - the intersection; is there one? */
static inline bool cpumask_and(struct cpumask *out, const struct cpumask *a,
                               const struct cpumask *b)
{
    uint64_t any = 0;

    for (unsigned int i = 0; i < CPUMASK_WORDS; i++)
        any |= out->word[i] =
            a->word[i] & __atomic_load_n(&b->word[i], __ATOMIC_RELAXED);

    return any;
}

/* cpumask_next - the first member from @cpu on, or NR_CPUS */
static inline unsigned int cpumask_next(const struct cpumask *m,
                                        unsigned int cpu)
{
    for (unsigned int i = cpu / 64; i < CPUMASK_WORDS; i++) {
        uint64_t w = __atomic_load_n(&m->word[i], __ATOMIC_RELAXED);

        if (i == cpu / 64)
            w &= ~0UL << cpu % 64;
        if (w)
            return i * 64 + __builtin_ctzl(w);
    }
    return NR_CPUS;
}

#define cpumask_for_each(cpu, m)                                               \
    for (unsigned int cpu = cpumask_next(m, 0); cpu < NR_CPUS;                 \
         cpu = cpumask_next(m, cpu + 1))
