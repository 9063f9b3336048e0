/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done about speculative execution (cpu/spec.c). */
#pragma once

#include <hv/types.h>

struct cpu;
struct domain;

enum spec {
    SPEC_RETPOLINE, /* indirect branches of ours go through retpolines */
    SPEC_IBRS,      /* the CPU keeps guests' branch training from ring 0 */
    SPEC_IBPB,      /* forget branch training when the domain changes */
    SPEC_VERW,      /* clear CPU buffers on the way to a guest */
    SPEC_L1D_FLUSH, /* flush the L1 data cache when the domain changes */
    SPEC_PV_L1TF,   /* refuse entries that L1TF could use */
    SPEC_XPTI,      /* guests run without the hypervisor's mappings */
    NR_SPEC
};

extern bool spec_on[NR_SPEC];

/* spec_init - choose by CPU and command line, patch, print; boot CPU */
void spec_init(void);

/* spec_init_cpu - each CPU's control registers */
void spec_init_cpu(void);

/* spec_domain_switch - this CPU goes from a domain to another one, @next */
void spec_domain_switch(const struct domain *next);

/* xpti_init - the boot CPU's roots; xpti_init_cpu - CPU @c's, from another */
void xpti_init(void);
void xpti_init_cpu(struct cpu *c);

/* xpti_l4_changed - some guest's L4 has a new entry: the copies are stale */
void xpti_l4_changed(void);

/* xpti_enter - CR3 for the guest that this CPU goes back to (exit path) */
unsigned long xpti_enter(void);
