/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU state.  It hangs off the stack: each CPU has one aligned block of
 * stacks, and the words at its top lead to everything else.
 */
#pragma once

#include <hv/layout.h>
#include <hv/types.h>
#include <x86/desc.h>
#include <xen/xen.h>

struct domain;
struct vcpu;

/* One CPU's stacks, lowest first: a page each for #DF, NMI, #MC, #DB, then
 * ours. */
#define STACK_ORDER 3
#define STACK_SIZE (PAGE_SIZE << STACK_ORDER)
#define IST_DF 1
#define IST_NMI 2
#define IST_MC 3
#define IST_DB 4

/* The top of the main stack.  regs.es must be 16-byte aligned (TSS.rsp0). */
struct stack_top {
    struct cpu_user_regs regs; /* the guest's, as of its last entry */
    struct vcpu *current;      /* whose registers, tables and FPU are loaded */
    struct cpu *cpu;
    unsigned long hv_cr3;    /* XPTI: to load on entry from the guest */
    unsigned long guest_cr3; /* XPTI: what the guest runs on */
    uint64_t entered;        /* TSC of the last entry, and the guest's rax: */
    uint64_t entered_rax;    /* of a hypercall the number (cpu/stretch.c) */
};

/* XPTI: a guest's L4, copied, without most of the hypervisor's part. */
struct xpti_root {
    mfn_t mfn;
    unsigned long src; /* CR3 of the original; 0 none */
    uint64_t age;      /* xpti_changes when it was copied */
};

/* Things to do before returning to a guest, bits of cpu.work, in their order:
 * scheduling has to see what others woke, and an NMI is for whom it chose. */
enum work {
    WORK_HOLD,   /* another CPU wants that nobody else changes anything */
    WORK_TIMER,  /* a deadline may have passed */
    WORK_KEY,    /* a debug key was hit on the console */
    WORK_TLB,    /* others wait until this CPU has flushed: see mm/tlb.c */
    WORK_DUMP,   /* a debug key wants this CPU's registers */
    WORK_SEGS,   /* a selector of the new vCPU could not be loaded */
    WORK_SCHED,  /* pick again who runs */
    WORK_NMI,    /* of the machine, or for the vCPU here: trap/nmi_mce.c */
    WORK_UNLOAD, /* another CPU wants the vCPU that this one left idle */
};

struct cpu {
    unsigned int id;
    uint32_t apic_id;
    uint32_t work; /* bits of enum work; set atomically */
    uint8_t looks; /* of preempt_needed() */
    uint32_t held; /* the time that it stands still for; 0 none */
    bool idle;     /* in the idle loop: current is only left over */
    bool online;   /* runs guests; keeps CPU-1 */
    bool started;  /* has been online once */
    uint32_t acpi_id;

    /* Whose translations may be cached here; see mm/tlb.c. */
    const struct domain *loaded; /* NULL: nobody's; or LOADED_ANY */
    uint64_t tlb_time;           /* tlb_clock at its last full flush */
    unsigned long tlb_page;      /* page to drop for another CPU | 1, or 0 */

    uint64_t last_serial; /* of the domain that ran here last, or 0 */

    void *stack;              /* STACK_SIZE bytes */
    struct xpti_root xpti[2]; /* as vcpu.cr3: for user, for kernel mode */
    struct tss *tss;
    uint64_t *gdt;     /* the two reserved GDT pages, writable here */
    unsigned long cr4; /* what CR4 is while this CPU runs any guest */
    unsigned int gdt_loaded, ldt_loaded; /* pages in the windows */
};

/* cpu.loaded while CR3 changes: the old domain's and the new one's. */
#define LOADED_ANY ((const struct domain *)1)

/* CPUs that the machine has: ids 0 to nr_cpus - 1, the boot CPU is 0. */
extern struct cpu cpus[NR_CPUS];
extern unsigned int nr_cpus, nr_cpus_online;

extern struct idt_entry idt[256]; /* all CPUs have the same */

static inline struct stack_top *stack_top(void)
{
    unsigned long sp;

    asm("mov %%rsp, %0" : "=r"(sp));
    return (struct stack_top *)((sp & ~(STACK_SIZE - 1)) + STACK_SIZE) - 1;
}

static inline struct cpu *this_cpu(void) { return stack_top()->cpu; }

static inline unsigned int this_cpu_id(void) { return this_cpu()->id; }

/* The vCPU that called us.  NULL only before the first one is loaded. */
static inline struct vcpu *current_vcpu(void) { return stack_top()->current; }

/* The registers of the current vCPU as it entered the hypervisor. */
static inline struct cpu_user_regs *guest_regs(void)
{
    return &stack_top()->regs;
}

static inline void work_raise(struct cpu *c, enum work w)
{
    __atomic_fetch_or(&c->work, 1U << w, __ATOMIC_RELEASE);
}

static inline bool cpu_online(unsigned int id)
{
    return id < NR_CPUS && __atomic_load_n(&cpus[id].online, __ATOMIC_ACQUIRE);
}

/**
 * cpu_kick - make CPU @id look at its work: leave its guest, end its halt
 *
 * Costs an interrupt there; nothing if it is the calling CPU.
 */
void cpu_kick(unsigned int id);

/**
 * preempt_needed - should a long operation store its progress and stop?
 *
 * Opens a window for interrupts, then says whether this CPU has work that
 * must not wait, and now and then anyway.  Call it every few microseconds of a
 * long loop, with no lock held.
 */
bool preempt_needed(void);

/* work_run - do all that is raised; from the exit path and the idle loop */
void work_run(void);

/* stretch_init - measure, if `irqs-off' is on the command line */
void stretch_init(void);

/* stretch_end - the exit path: one stay in ring 0 is over */
void stretch_end(void);

/**
 * stretch_mark - interrupts are let in here: a stretch ends, another begins
 * @counts: false: what went by was a halt
 */
void stretch_mark(bool counts);

void stretch_dump(void); /* debug key */

/* image_alias - writable alias of something in the image's text */
void *image_alias(const void *p);

/* cpu_tables_init - GDT, IDT, TSS, syscall MSRs, CR4 of the calling CPU */
void cpu_tables_init(struct cpu *c, void *stack);

/* smp_init - start all other CPUs, one after another; after sched_init() */
void smp_init(void);

/**
 * cpu_up - start CPU @id, or take it into service again
 *
 * Locks:   none may be held, here and in cpu_down(): all CPUs are held.
 * Returns: 0; -EINVAL no such CPU; -EEXIST it is online; -ENOMEM; -EIO it
 * does not answer, or its TSC differs from ours; -ERESTART another CPU
 * starts or stops one.
 */
int cpu_up(unsigned int id);

/**
 * cpu_down - take CPU @id out of service: it halts until cpu_up()
 *
 * Its vCPUs, timers and interrupts of devices go to other CPUs.
 * Returns: 0; -EINVAL no such CPU, or the boot CPU; -EEXIST it is not
 * online; -ERESTART as above, or the caller has to leave it first.
 */
int cpu_down(unsigned int id);

/**
 * smp_hold_others - make all other CPUs wait where no operation is under way
 *
 * For whoever looks at everything: the auditor, debug keys.  Call it with no
 * lock held; until smp_release_others(), which must follow.
 */
void smp_hold_others(void);
void smp_release_others(void);

/* smp_hold_here - WORK_HOLD: wait for smp_release_others() */
void smp_hold_here(void);

/* smp_stop_others - for a panic: no other CPU executes anything any more */
void smp_stop_others(void);

/* smp_stopping - did another CPU call that?  (an NMI wants to know) */
bool smp_stopping(void);
