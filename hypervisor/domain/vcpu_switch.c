/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which vCPU's state is in the processor.
 *
 * TOUR 5.2: there is one stack per CPU, not per vCPU: switching copies the
 * guest's registers at the top of the stack out and in, and the common exit
 * path returns to whoever is there.  A CPU that goes idle keeps the last
 * vCPU loaded; if that one wakes first, nothing needs to be done.
 */
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/hvmap.h>
#include <hv/mm.h>
#include <hv/spec.h>
#include <hv/spin.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include "local.h"

#define DR7_ENABLED 0xffUL

void vcpu_load_cr3(struct vcpu *v)
{
    if (v == current_vcpu())
        tlb_load_cr3(v->cr3[v->kernel_mode]);
}

static void save_segments(struct vcpu *v, struct cpu_user_regs *r)
{
    uint64_t active = rdmsr(MSR_GS_BASE), other = rdmsr(MSR_KERNEL_GS_BASE);

    r->ds = read_ds();
    r->es = read_es();
    r->fs = read_fs();
    r->gs = read_gs();
    v->fs_base = rdmsr(MSR_FS_BASE);
    v->gs_base_kernel = v->kernel_mode ? active : other;
    v->gs_base_user = v->kernel_mode ? other : active;
}

static void load_segments(struct vcpu *v, const struct cpu_user_regs *r)
{
    uint64_t active = v->kernel_mode ? v->gs_base_kernel : v->gs_base_user;
    uint64_t other = v->kernel_mode ? v->gs_base_user : v->gs_base_kernel;

    /* The guest may have changed a descriptor since: its failsafe then. */
    if (load_ds(r->ds) | load_es(r->es) | load_fs(r->fs) | load_gs(r->gs))
        work_raise(this_cpu(), WORK_SEGS);

    wrmsr(MSR_KERNEL_GS_BASE, other);
    wrmsr(MSR_FS_BASE, v->fs_base);
    wrmsr(MSR_GS_BASE, active);
}

static void save(struct vcpu *v, struct cpu_user_regs *r)
{
    save_segments(v, r);
    v->regs = *r;
    fpu_save(v);
}

/* From now on any CPU may load @v, or free it: nothing here may need it. */
static void release(struct vcpu *v)
{
    __atomic_store_n(&v->loaded_cpu, -1, __ATOMIC_RELEASE);
}

/* TLB-1 (mm/tlb.c): while CR3 changes, anybody may be meant. */
static void load_tables(struct cpu *c, const struct domain *d,
                        unsigned long cr3)
{
    __atomic_store_n(&c->loaded, LOADED_ANY, __ATOMIC_SEQ_CST);
    tlb_load_cr3(cr3);
    __atomic_store_n(&c->loaded, d, __ATOMIC_RELEASE);
}

static void unload_here(struct stack_top *top)
{
    struct vcpu *v = top->current;

    top->current = NULL;
    if (v)
        save(v, &top->regs);
    load_tables(top->cpu, NULL, mfn_x(idle_pgd) << PAGE_SHIFT);
    if (v)
        release(v);
}

void vcpu_switch_to(struct vcpu *next)
{
    struct stack_top *top = stack_top();
    struct vcpu *prev = top->current;
    unsigned long cr4;

    ASSERT(next->cr3[next->kernel_mode]);

    if (unlikely(vcpu_loaded_cpu(next) >= 0)) {
        /* Two CPUs that swap must not wait for each other. */
        unload_here(top);
        prev = NULL;
        vcpu_unload(next);
    }
    if (prev)
        save(prev, &top->regs);
    top->current = next;
    top->regs = next->regs;
    next->loaded_cpu = top->cpu->id;

    spec_domain_switch(next->domain);
    segdesc_load(next);
    load_tables(top->cpu, next->domain, next->cr3[next->kernel_mode]);
    load_segments(next, &top->regs);
    cr4 = top->cpu->cr4 | next->cr4;
    if (!prev || (top->cpu->cr4 | prev->cr4) != cr4)
        write_cr4(cr4);
    fpu_load(next);
    if (!prev || ((prev->debugreg[7] | next->debugreg[7]) & DR7_ENABLED))
        debugreg_load(next);
    guest_time_update(next);
    if (prev)
        release(prev);
}

void vcpu_unload_idle(void)
{
    unload_here(stack_top());
    tlb_answer();
}

void vcpu_unload(struct vcpu *v)
{
    int cpu = vcpu_loaded_cpu(v);

    if (cpu == (int)this_cpu_id()) {
        unload_here(stack_top());
        return;
    }
    if (cpu < 0)
        return;
    /*
     * Only the idle loop looks at this bit: a CPU that runs a guest has let
     * go of all others already.
     */
    work_raise(&cpus[cpu], WORK_UNLOAD);
    cpu_kick(cpu);
    while (vcpu_loaded_cpu(v) == cpu)
        spin_wait();
}
