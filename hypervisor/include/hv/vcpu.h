/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtual processor: what it looks like to its guest and to the switch. */
#pragma once

#include <hv/evtchn.h>
#include <hv/fpu.h>
#include <hv/sched.h>
#include <hv/timer.h>
#include <hv/types.h>
#include <xen/callback.h>
#include <xen/vcpu.h>
#include <xen/xen.h>

struct domain;

#define GDT_GUEST_FRAMES 14

/* Where the hypervisor enters a guest kernel; 0 is "not registered". */
struct guest_callback {
    unsigned long address;
    bool mask_events; /* set the upcall mask on entry */
};

struct vcpu {
    /* Read on every entry and exit; entry/offsets.c exports some. */
    struct vcpu_info *info; /* our mapping of it; never NULL */
    bool kernel_mode;       /* in guest kernel mode, not guest user mode */
    uint8_t iopl;           /* virtual I/O privilege level, 0-3 */
    bool fpu_ts;            /* virtual CR0.TS */
    bool nmi_masked;        /* in its NMI handler, until an iret hypercall */
    bool nmi_pending;
    unsigned int id;
    struct domain *domain;
    unsigned long cr3[2]; /* [0] user, [1] kernel: CR3 values, 0 none */
    unsigned long kernel_sp;
    uint16_t kernel_ss;
    struct guest_callback syscall_cb, event_cb, failsafe_cb;
    struct guest_callback syscall32_cb, sysenter_cb;

    struct trap_info traps[256];

    /* Segments.  GDT frames hold a SEGDESC type reference each. */
    mfn_t gdt_frames[GDT_GUEST_FRAMES];
    unsigned int gdt_ents;  /* entries valid, 0 none */
    unsigned long ldt_base; /* guest virtual address */
    unsigned int ldt_ents;
    mfn_t ldt_frames[16]; /* faulted in on demand; SEGDESC references */
    uint32_t ldt_mapped;  /* bit n: ldt_frames[n] is held */
    uint64_t fs_base, gs_base_kernel, gs_base_user; /* while not loaded */

    /* Saved while the vCPU is not loaded on a CPU. */
    struct cpu_user_regs regs;
    unsigned long debugreg[8]; /* 0-3, 6, 7 */
    unsigned long cr4;         /* guest-settable bits */
    struct fpu fpu;

    /* Page tables: L4 frames with a type reference each. */
    mfn_t guest_table, guest_table_user; /* MFN_INVALID: none */
    unsigned long pt_drop[2]; /* mm/: tables to be released, mfn + 1 */

    bool starting;    /* somebody gives it one; atomic */
    bool initialised; /* has a context (VCPUOP_initialise, dom0's boot) */
    bool info_registered;
    mfn_t info_mfn;              /* page of the registered vcpu_info */
    struct vcpu_info dummy_info; /* until registered, for ids >= 32 */
    void *u_iobmp;               /* guest handle of its I/O bitmap, or NULL */
    unsigned int iobmp_nr;

    struct evtchn_vcpu evtchn;
    struct sched_vcpu sched;
    struct timer singleshot;
    struct timer periodic;
    uint64_t periodic_ns;
    struct vcpu_runstate_info runstate;
    void *u_runstate;     /* guest virtual address to copy it to, or NULL */
    void *u_time_area;    /* guest virtual address of a time copy, or NULL */
    void *time_area_done; /* where that copy has been written already */
    int loaded_cpu;       /* CPU that holds its state; -1: none, it is here */
};

/**
 * vcpu_switch_to - load @next on this CPU in place of the current vCPU
 *
 * Copies the registers at the top of the stack out and in; changes CR3,
 * segments, FPU, debug registers, time info.  Caller: schedule().
 */
void vcpu_switch_to(struct vcpu *next);

/* vcpu_loaded_cpu - the CPU that holds its registers and tables, or -1 */
static inline int vcpu_loaded_cpu(const struct vcpu *v)
{
    return __atomic_load_n(&v->loaded_cpu, __ATOMIC_ACQUIRE);
}

/**
 * vcpu_unload - make sure that no CPU holds state of @v
 *
 * @v must not be running: a CPU that it left idle lets go of it.  Waits.
 * Afterwards v->regs and so on are what counts and its page tables are in no
 * CR3.
 */
void vcpu_unload(struct vcpu *v);

/* vcpu_unload_idle - this CPU, which is idle, lets go of what it holds */
void vcpu_unload_idle(void);

/* vcpu_create - 0; -EEXIST; -ENOMEM; -EINVAL @id is over the maximum */
int vcpu_create(struct domain *d, unsigned int id);

/* vcpu_destroy - free all that vcpu_create() made; the vCPU never runs again */
void vcpu_destroy(struct vcpu *v);

/* vcpu_load_cr3 - CR3 for the current mode, if @v is loaded here */
void vcpu_load_cr3(struct vcpu *v);

/* vcpu_is_control - may it use privileged hypercalls? */
bool vcpu_is_control(const struct vcpu *v);

/**
 * vcpu_set_context - take over a complete context (domctl, VCPUOP_initialise)
 * @c: checked copy in the hypervisor
 *
 * Returns: 0; -EINVAL a value that the ABI refuses, or a table that does
 * not validate; -EBUSY already initialised (VCPUOP only, by the caller);
 * -ERESTART validation was preempted, call again.
 */
int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c);

/* vcpu_get_context - the reverse; @v must be unloaded or current */
void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);

/* vcpu_reset_tables - drop guest_table references; -ERESTART when preempted */
int vcpu_drop_tables(struct vcpu *v);
