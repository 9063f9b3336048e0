/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of physical CPUs. */
#ifndef HV_CPUMASK_H
#define HV_CPUMASK_H

#include <hv/layout.h>
#include <hv/types.h>

struct cpumask {
    uint64_t word[(NR_CPUS + 63) / 64];
};

static inline void cpumask_add(struct cpumask *m, unsigned int cpu)
{
    m->word[cpu / 64] |= 1UL << cpu % 64;
}

static inline bool cpumask_has(const struct cpumask *m, unsigned int cpu)
{
    return m->word[cpu / 64] >> cpu % 64 & 1;
}

#endif
