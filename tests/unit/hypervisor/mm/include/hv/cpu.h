/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One CPU, without stacks of its own. */
#ifndef HV_CPU_H
#define HV_CPU_H

#include <hv/layout.h>
#include <hv/types.h>
#include <x86/desc.h>

struct domain;
struct vcpu;

enum work { WORK_TLB };

struct cpu {
    unsigned int id;
    uint32_t work;
    const struct domain *loaded;
    uint64_t tlb_time;
    unsigned long tlb_page;
    uint64_t *gdt;
    unsigned int gdt_loaded, ldt_loaded;
};

#define LOADED_ANY ((const struct domain *)1)

extern struct cpu cpus[];
extern struct vcpu *fake_current;
extern unsigned int nr_cpus;

static inline struct cpu *this_cpu(void) { return &cpus[0]; }

static inline unsigned int this_cpu_id(void) { return 0; }

static inline struct vcpu *current_vcpu(void) { return fake_current; }

static inline bool cpu_online(unsigned int id) { return id < nr_cpus; }

static inline void work_raise(struct cpu *c, enum work w)
{
    c->work |= 1U << w;
}

void cpu_kick(unsigned int id);
bool preempt_needed(void);
void smp_hold_others(void);
void smp_release_others(void);

#endif
