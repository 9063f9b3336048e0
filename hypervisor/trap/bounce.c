/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handing exceptions, system calls and events on to a guest's kernel: a
 * frame on its stack, its registers pointed at its handler.
 *
 * TOUR 3.4: the frame, from high addresses to low: ss, rsp, rflags,
 * cs | saved upcall mask << 32, rip, [error code], [gs, fs, es, ds], r11,
 * rcx.  The new rsp points at rcx.
 *
 * A guest whose stack cannot be written, or that has no handler, is crashed:
 * that is its own doing and nobody else's problem.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/guest.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <x86/regs.h>
#include "local.h"

#define MAX_FRAME 12

void mode_switch(struct vcpu *v)
{
    v->kernel_mode = !v->kernel_mode;
    swapgs();
    write_cr3(v->cr3[v->kernel_mode]);
}

/*
 * Enter the guest kernel at @cb with the current registers saved.  @extra
 * are @nr_extra words between rip and r11, lowest address first.
 */
static void bounce(struct vcpu *v, struct cpu_user_regs *regs,
                   const struct guest_callback *cb, const uint64_t *extra,
                   unsigned int nr_extra)
{
    struct vcpu_info *info = v->info;
    uint64_t frame[MAX_FRAME], *f = frame;
    uint8_t mask = info->evtchn_upcall_mask;
    unsigned long sp, cs = regs->cs;

    if (!v->kernel_mode) {
        mode_switch(v);
        sp = v->kernel_sp;
    } else {
        cs &= ~3UL;
        sp = regs->rsp;
    }

    *f++ = regs->rcx;
    *f++ = regs->r11;
    for (unsigned int i = 0; i < nr_extra; i++)
        *f++ = extra[i];
    *f++ = regs->rip;
    *f++ = cs | ((uint64_t) !!mask << 32);
    *f++ = (regs->rflags & ~(EFLAGS_IF | EFLAGS_IOPL)) | (mask ? 0 : EFLAGS_IF);
    *f++ = regs->rsp;
    *f++ = regs->ss;

    sp = (sp & ~15UL) - (f - frame) * sizeof(*f);
    if (unlikely(!cb->address)) {
        domain_crash(v->domain, "no handler for vector %u (error %#x)",
                     regs->entry_vector, regs->error_code);
        return;
    }
    if (unlikely(copy_to_guest(sp, frame, (f - frame) * sizeof(*f)))) {
        domain_crash(v->domain, "kernel stack at %#lx not writable", sp);
        return;
    }

    if (cb->mask_events)
        info->evtchn_upcall_mask = 1;
    regs->rip = cb->address;
    regs->cs = SEL_FLAT_CS64;
    regs->rflags &= ~(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM |
                      EFLAGS_AC | EFLAGS_IOPL);
    regs->rsp = sp;
    regs->ss = SEL_FLAT_DS;
}

void trap_inject(unsigned int vec, uint32_t ec)
{
    struct vcpu *v = current_vcpu();
    const struct trap_info *t = &v->traps[vec];
    struct guest_callback cb = { t->address, TI_GET_IF(t) };
    struct cpu_user_regs *regs = guest_regs();
    uint64_t word = ec;

    regs->entry_vector = vec;
    regs->error_code = ec;
    bounce(v, regs, &cb, &word,
           vec < 32 && ((VEC_HAS_ERROR >> vec) & 1) ? 1 : 0);
}

void trap_inject_pf(unsigned long va, uint32_t ec)
{
    struct vcpu *v = current_vcpu();

    v->info->arch.cr2 = va;
    ec &= ~PFEC_U;
    trap_inject(VEC_PF, v->kernel_mode ? ec : ec | PFEC_U);
}

void bounce_event(void)
{
    struct vcpu *v = current_vcpu();

    if (unlikely(!v->event_cb.address)) {
        /* Nothing to enter: keep it pending until there is. */
        v->info->evtchn_upcall_mask = 1;
        return;
    }
    bounce(v, guest_regs(), &v->event_cb, NULL, 0);
}

/* `syscall' from a 64-bit process. */
void bounce_syscall(struct cpu_user_regs *regs, struct vcpu *v)
{
    if (unlikely(!v->syscall_cb.address)) {
        regs->rip -= 2;
        trap_inject(VEC_UD, 0);
        return;
    }
    bounce(v, regs, &v->syscall_cb, NULL, 0);
}

/* The two ways of a 32-bit process. */
void bounce_syscall32(struct cpu_user_regs *regs, struct vcpu *v)
{
    if (v->kernel_mode || !v->syscall32_cb.address) {
        regs->rip -= 2;
        trap_inject(VEC_UD, 0);
        return;
    }
    bounce(v, regs, &v->syscall32_cb, NULL, 0);
}

void bounce_sysenter(struct cpu_user_regs *regs, struct vcpu *v)
{
    regs->rflags = (regs->rflags & ~EFLAGS_IOPL) | EFLAGS_IF;
    if (v->kernel_mode || !v->sysenter_cb.address) {
        trap_inject(VEC_GP, 0);
        return;
    }
    bounce(v, regs, &v->sysenter_cb, NULL, 0);
}

void bounce_failsafe(void)
{
    struct vcpu *v = current_vcpu();
    struct cpu_user_regs *regs = guest_regs();
    const uint64_t seg[] = { regs->ds, regs->es, regs->fs, regs->gs };

    bounce(v, regs, &v->failsafe_cb, seg, 4);
}
