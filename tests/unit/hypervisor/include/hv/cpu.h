/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU state for tests on the host: one CPU that the test owns, in place
 * of what hangs off the hypervisor's stack.  A test that uses it defines
 * fake_top and cpus[].
 */
#ifndef FAKE_HV_CPU_H
#define FAKE_HV_CPU_H

#include <hv/layout.h>
#include <hv/types.h>
#include <xen/xen.h>

struct domain;
struct vcpu;

enum work {
    WORK_HOLD,
    WORK_TIMER,
    WORK_KEY,
    WORK_TLB,
    WORK_DUMP,
    WORK_SEGS,
    WORK_SCHED,
    WORK_NMI,
    WORK_UNLOAD,
};

struct cpu {
    unsigned int id;
    uint32_t apic_id;
    uint32_t work;
    uint8_t looks;
    uint32_t held;
    bool idle, online, started;
    uint32_t acpi_id;
    void *stack;
    const struct domain *loaded;
    uint64_t tlb_time;
    unsigned long tlb_page;
    unsigned long cr4;
};

struct stack_top {
    struct cpu_user_regs regs;
    struct vcpu *current;
    struct cpu *cpu;
};

extern struct cpu cpus[NR_CPUS];
extern unsigned int nr_cpus, nr_cpus_online;

#define LOADED_ANY ((const struct domain *)1)
#ifdef CPUS_ARE_THREADS
extern __thread struct stack_top fake_top;
#else
extern struct stack_top fake_top;
#endif

#define STACK_ORDER 3
#define STACK_SIZE (PAGE_SIZE << STACK_ORDER)

static inline struct cpu *this_cpu(void) { return fake_top.cpu; }

static inline unsigned int this_cpu_id(void) { return fake_top.cpu->id; }

static inline struct vcpu *current_vcpu(void) { return fake_top.current; }

static inline struct cpu_user_regs *guest_regs(void) { return &fake_top.regs; }

static inline void work_raise(struct cpu *c, enum work w)
{
    __atomic_fetch_or(&c->work, 1U << w, __ATOMIC_RELEASE);
}

/* Nobody else is there to be interrupted. */
static inline void cpu_kick(unsigned int id) { (void)id; }

static inline bool cpu_online(unsigned int id) { return cpus[id].online; }

bool preempt_needed(void);
void stretch_mark(bool counts);
void smp_hold_here(void);
void smp_hold_others(void);
void smp_release_others(void);
bool smp_stopping(void);
void cpu_tables_init(struct cpu *c, void *stack);

#endif
