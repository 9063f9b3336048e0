/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions and interrupts: from vector to handler, one table for those
 * that a guest raised, one function for those that we raised ourselves.
 */
#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/irq.h>
#include <hv/string.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <x86/regs.h>
#include "local.h"

extern const char iret_to_guest[];

static void reflect(struct cpu_user_regs *regs)
{
    trap_inject(regs->entry_vector, regs->error_code);
}

static void debug_trap(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();
    unsigned long dr6 = read_dr6();

    (void)regs;
    write_dr6(DR6_DEFAULT);
    v->debugreg[6] |= dr6 & 0xe00fUL;
    trap_inject(VEC_DB, 0);
}

static void undefined(struct cpu_user_regs *regs)
{
    if (!emulate_ud(regs))
        reflect(regs);
}

/* The FPU is never switched lazily: only the guest's own TS gets us here. */
static void no_device(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();

    clts();
    if (!v->fpu_ts)
        return;
    v->fpu_ts = false;
    reflect(regs);
}

/*
 * `int n' from a guest stops at our gates, whose DPL is 0.  The guest's
 * table says whether its ring may: kernel mode counts as ring 1.
 */
static bool software_interrupt(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();
    unsigned int vec = regs->error_code >> 3;
    const struct trap_info *t;

    if ((regs->error_code & 7) != 2 || vec > 255)
        return false;
    t = &v->traps[vec];
    if (!t->address || TI_GET_DPL(t) < (v->kernel_mode ? 1 : 3))
        return false;

    regs->rip += 2;
    trap_inject(vec, 0);
    return true;
}

static void protection(struct cpu_user_regs *regs)
{
    if (regs->error_code) {
        if (!software_interrupt(regs))
            reflect(regs);
    } else if (!emulate_gp(regs)) {
        reflect(regs);
    }
}

/* Our gate admits it from everywhere: ask the guest's table as for others. */
static void int80(struct cpu_user_regs *regs)
{
    regs->rip -= 2;
    regs->entry_vector = VEC_GP;
    regs->error_code = VEC_INT80 << 3 | 2;
    protection(regs);
}

static void (*const handlers[32])(struct cpu_user_regs *) = {
    [VEC_DE] = reflect,   [VEC_DB] = debug_trap, [VEC_BP] = reflect,
    [VEC_OF] = reflect,   [VEC_BR] = reflect,    [VEC_UD] = undefined,
    [VEC_NM] = no_device, [VEC_TS] = reflect,    [VEC_NP] = reflect,
    [VEC_SS] = reflect,   [VEC_GP] = protection, [VEC_PF] = page_fault,
    [VEC_MF] = reflect,   [VEC_AC] = reflect,    [VEC_XM] = reflect,
};

void trap_dispatch(struct cpu_user_regs *regs)
{
    unsigned int vec = regs->entry_vector;

    if (vec == VEC_INT80)
        int80(regs);
    else if (vec >= VECTOR_FIRST)
        irq_dispatch(vec);
    else if (handlers[vec])
        handlers[vec](regs);
    else
        panic("vector %u from a guest", vec);
}

/*
 * iretq to the guest faulted: its registers are in @regs and the frame
 * that it would have loaded still stands at the top of the stack.  Put
 * them together again and let the guest's failsafe callback have them.
 */
static struct cpu_user_regs *iret_fault(const struct cpu_user_regs *regs)
{
    struct cpu_user_regs *g = guest_regs();

    memmove(g, regs, offsetof(struct cpu_user_regs, error_code));
    g->ds = read_ds();
    g->es = read_es();
    g->fs = read_fs();
    g->gs = read_gs();
    bounce_failsafe();
    return g;
}

struct cpu_user_regs *trap_dispatch_hv(struct cpu_user_regs *regs)
{
    unsigned int vec = regs->entry_vector;
    unsigned long fixup;

    if (vec >= VECTOR_FIRST) {
        irq_dispatch(vec);
        return NULL;
    }
    if (vec == VEC_DB) {
        /* A guest's breakpoint hit an access of ours: not for anybody. */
        write_dr6(DR6_DEFAULT);
        regs->rflags &= ~EFLAGS_TF;
        return NULL;
    }
    if (vec == VEC_PF && page_fault_hv(regs))
        return NULL;
    if (regs->rip == (unsigned long)iret_to_guest)
        return iret_fault(regs);
    fixup = extable_fixup(regs->rip);
    if (fixup) {
        regs->rip = fixup;
        return NULL;
    }

    panic_regs(regs, "exception %u in the hypervisor, error %#x", vec,
               regs->error_code);
}
