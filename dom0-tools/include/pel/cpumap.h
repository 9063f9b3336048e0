/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of physical CPUs, in the words that admins write: "all", "0-3,^2",
 * "node:0", "nodes:0-1,^node:1".
 */
#ifndef PEL_CPUMAP_H
#define PEL_CPUMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_ctx;

#define PEL_CPUS_MAX 1024  /* physical CPUs that a set can name */
#define PEL_CPUMAP_TEXT 64 /* enough for pel_cpumap_format() to be useful */

struct pel_cpumap {
    uint8_t bits[PEL_CPUS_MAX / 8]; /* CPU N is bit N % 8 of byte N / 8 */
};

/* Which CPUs a machine has, and where. */
struct pel_topology {
    uint32_t nr; /* CPU ids are below this; at most PEL_CPUS_MAX */
    struct pel_cpu_place {
        uint32_t core, socket, node;
        bool online;
    } cpu[PEL_CPUS_MAX];
};

static inline bool pel_cpumap_has(const struct pel_cpumap *m, uint32_t cpu)
{
    return m->bits[cpu / 8] >> cpu % 8 & 1;
}

static inline void pel_cpumap_add(struct pel_cpumap *m, uint32_t cpu)
{
    m->bits[cpu / 8] |= 1u << cpu % 8;
}

static inline void pel_cpumap_drop(struct pel_cpumap *m, uint32_t cpu)
{
    m->bits[cpu / 8] &= ~(1u << cpu % 8);
}

/** pel_cpumap_empty - whether no CPU is in it */
bool pel_cpumap_empty(const struct pel_cpumap *m);

/**
 * pel_cpumap_parse - a list of CPUs, taken from left to right
 * @what: named in messages: "cpus", "the hard affinity"
 * @topo: says which CPUs a node has; NULL: only the grammar is checked, and
 *        nodes add nothing
 * @out:  set; "all" gives every CPU that a set can name
 *
 * An item is a number, a range N-M, "all", "node:N", "nodes:N-M"; "^" before
 * it, or behind the colon, takes it away from what was listed before.
 * Returns: 0; -PEL_EINVAL.
 */
int pel_cpumap_parse(struct pel_ctx *ctx, const char *what, const char *text,
                     const struct pel_topology *topo, struct pel_cpumap *out);

/**
 * pel_cpumap_format - the shortest list that says the same
 * @nr:   CPUs of the machine: a set of all of these is "all"
 * @text: cut if it is too short; "none" for an empty set
 */
void pel_cpumap_format(const struct pel_cpumap *m, uint32_t nr, char *text,
                       size_t size);

#endif
