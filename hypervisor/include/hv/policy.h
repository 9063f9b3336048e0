/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a domain sees of the processor: data, set at creation (cpu/). */
#pragma once

#include <hv/types.h>

struct domain;
struct vcpu;

#define POLICY_MAX_LEAVES 64

struct cpu_leaf {
    uint32_t leaf, sub; /* sub ~0: leaf has no sub-leaves */
    uint32_t a, b, c, d;
};

#define POLICY_NO_SUB (~0U)

/* The ranges that have an index: 0x0-0x1f, 0x80000000-0x8000003f. */
#define POLICY_BASIC 0x20
#define POLICY_EXTENDED 0x40
#define POLICY_NONE 0xff

/* Whoever changes leaf[] calls policy_index() afterwards. */
struct cpu_policy {
    unsigned int nr;
    struct cpu_leaf leaf[POLICY_MAX_LEAVES]; /* sub-leaves in a row */
    uint64_t xcr0_max;
    uint8_t basic[POLICY_BASIC]; /* first entry of each leaf in leaf[] */
    uint8_t extended[POLICY_EXTENDED];
};

/* policy_init - the machine's features less what PV cannot have */
void policy_init(void);
void policy_domain_init(struct domain *d);

/* policy_index - find the leaves of @p again, and its xcr0_max */
void policy_index(struct cpu_policy *p);

/* host_policy - what a new domain gets; sysctl get_cpu_policy */
extern struct cpu_policy host_policy;

/* policy_cpuid - what CPUID answers for @v */
void policy_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t sub,
                  uint32_t out[4]);

/* policy_rdmsr, policy_wrmsr - @v is current; 0 or -EINVAL: raise #GP */
int policy_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int policy_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);
