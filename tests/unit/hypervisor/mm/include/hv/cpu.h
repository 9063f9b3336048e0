/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One CPU, without stacks of its own. */
#ifndef HV_CPU_H
#define HV_CPU_H

#include <hv/layout.h>
#include <hv/types.h>
#include <x86/desc.h>

struct vcpu;

struct cpu {
    unsigned int id;
    uint64_t *gdt;
    unsigned int gdt_loaded, ldt_loaded;
};

extern struct cpu fake_cpu;
extern struct vcpu *fake_current;
extern unsigned int nr_cpus_online;

static inline struct cpu *this_cpu(void) { return &fake_cpu; }

static inline unsigned int this_cpu_id(void) { return 0; }

static inline struct vcpu *current_vcpu(void) { return fake_current; }

bool preempt_needed(void);

#endif
