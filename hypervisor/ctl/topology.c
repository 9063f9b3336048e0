/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a CPU is: an APIC id is the numbers of package, core and thread, one
 * after the other, and CPUID tells how many bits each has (SDM 3A, 9.9.3;
 * AMD manual 3, E.5).  All CPUs are taken to be of one kind.
 */
#include <hv/cpu.h>
#include <x86/insn.h>
#include "local.h"

#define LEAF_TOPOLOGY 0xb
#define LEVEL_THREADS 1
#define LEVEL_CORES 2
#define HTT (1U << 28) /* leaf 1, EDX: more than one in a package */

enum { EAX, EBX, ECX, EDX };

struct shifts {
    unsigned int core, socket; /* bits of the APIC id below each number */
};

/* Bits that it takes to count to @n. */
static unsigned int bits_for(uint32_t n)
{
    unsigned int bits = 0;

    while (bits < 31 && 1U << bits < n)
        bits++;
    return bits;
}

static bool from_topology_leaf(uint32_t max, struct shifts *s)
{
    uint32_t r[4];
    bool found = false;

    for (uint32_t sub = 0; max >= LEAF_TOPOLOGY && sub < 2; sub++) {
        unsigned int level;

        cpuid(LEAF_TOPOLOGY, sub, r);
        level = r[ECX] >> 8 & 0xff;
        if (!(r[EBX] & 0xffff))
            break;
        if (level == LEVEL_THREADS)
            s->core = s->socket = r[EAX] & 0x1f;
        if (level == LEVEL_CORES)
            s->socket = r[EAX] & 0x1f;
        found = true;
    }
    return found;
}

/* Older ones count what is in a package: logical CPUs, and cores of these. */
static void from_counts(uint32_t max, struct shifts *s)
{
    uint32_t r[4], cores = 1, logical;

    cpuid(0x80000000, 0, r);
    if (r[EAX] >= 0x80000008) {
        cpuid(0x80000008, 0, r);
        cores = (r[ECX] & 0xff) + 1;
    }
    if (cores == 1 && max >= 4) {
        cpuid(4, 0, r);
        cores = r[EAX] & 0x1f ? (r[EAX] >> 26) + 1 : 1;
    }
    cpuid(1, 0, r);
    logical = r[EDX] & HTT ? r[EBX] >> 16 & 0xff : 1;
    s->socket = bits_for(MAX(logical, cores));
    s->core = s->socket - bits_for(cores);
}

struct xen_sysctl_cputopo cpu_place(unsigned int id)
{
    struct shifts s = { 0, 0 };
    uint32_t r[4];

    if (!cpu_online(id))
        return (struct xen_sysctl_cputopo){ XEN_INVALID_CORE_ID,
                                            XEN_INVALID_SOCKET_ID,
                                            XEN_INVALID_NODE_ID };
    cpuid(0, 0, r);
    if (!from_topology_leaf(r[EAX], &s))
        from_counts(r[EAX], &s);
    return (struct xen_sysctl_cputopo){
        .core = (cpus[id].apic_id & ((1U << s.socket) - 1)) >> s.core,
        .socket = cpus[id].apic_id >> s.socket,
    };
}
