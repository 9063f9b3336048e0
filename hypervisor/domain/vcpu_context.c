/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's state as one structure: how the toolstack and a guest's own boot
 * processor start a vCPU, and how a saver reads it.
 */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/features.h>
#include <hv/layout.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include <x86/pte.h>
#include <x86/regs.h>
#include "local.h"

#define FLAGS_FORCED_OFF                                                       \
    (EFLAGS_IOPL | EFLAGS_VM | EFLAGS_NT | EFLAGS_RF | EFLAGS_VIF | EFLAGS_VIP)

/* Can a guest be entered at, or given, this address? */
static bool address_ok(unsigned long va)
{
    return va_canonical(va) && (va < HV_VIRT_START || va >= HV_VIRT_END);
}

/* Everything that can be refused without changing anything. */
static int check(const struct vcpu_guest_context *c)
{
    if (!address_ok(c->user_regs.rip) || !va_canonical(c->kernel_sp) ||
        !address_ok(c->event_callback_eip) ||
        !address_ok(c->failsafe_callback_eip) ||
        !address_ok(c->syscall_callback_eip) || !va_canonical(c->fs_base) ||
        !va_canonical(c->gs_base_kernel) || !va_canonical(c->gs_base_user))
        return -EINVAL;
    if (c->gdt_ents > FIRST_RESERVED_GDT_ENTRY || c->ldt_ents > 8192)
        return -EINVAL;
    for (unsigned int i = 0; i < 256; i++)
        if (!va_canonical(c->trap_ctxt[i].address))
            return -EINVAL;
    for (unsigned int i = 0; i < 8; i++) {
        unsigned long val = c->debugreg[i];

        if (i != 4 && i != 5 && debugreg_check(i, &val))
            return -EINVAL;
    }
    /* User mode needs the tables of user mode. */
    if (!(c->flags & VGCF_in_kernel) && !c->ctrlreg[1])
        return -EINVAL;
    return 0;
}

/* Page tables first: only this part can be preempted. */
static int load_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
    mfn_t user = c->ctrlreg[1] ? mfn(c->ctrlreg[1] >> PAGE_SHIFT) : MFN_INVALID;
    int err = pt_set_base(v, mfn(c->ctrlreg[3] >> PAGE_SHIFT), false);

    if (!err)
        err = pt_set_base(v, user, true);
    if (!err)
        err = gdt_set(v, c->gdt_frames, c->gdt_ents);
    if (!err)
        err = ldt_set(v, c->ldt_base, c->ldt_ents);
    return err;
}

static void load_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
    v->regs = c->user_regs;
    v->regs.cs |= 3;
    v->regs.ss |= 3;
    v->regs.rflags = (c->user_regs.rflags & ~FLAGS_FORCED_OFF & 0x3fffffUL) |
                     EFLAGS_IF | EFLAGS_MBS;
    /* The real IOPL stays 0; these bits ask for a virtual one. */
    v->iopl = (c->user_regs.rflags & EFLAGS_IOPL) >> 12;
    v->kernel_mode = c->flags & VGCF_in_kernel;
    v->kernel_ss = c->kernel_ss;
    v->kernel_sp = c->kernel_sp;
    v->fs_base = c->fs_base;
    v->gs_base_kernel = c->gs_base_kernel;
    v->gs_base_user = c->gs_base_user;
    for (unsigned int i = 0; i < 8; i++) {
        v->debugreg[i] = i == 4 || i == 5 ? 0 : c->debugreg[i];
        if (i == 6 || i == 7 || i < 4)
            debugreg_check(i, &v->debugreg[i]);
    }
    v->cr4 = c->ctrlreg[4] &
             (CR4_TSD | CR4_DE | (CPU_HAS(FSGSBASE) ? CR4_FSGSBASE : 0));
    v->fpu_ts = c->ctrlreg[0] & CR0_TS;
}

int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int err = check(c);

    if (!err)
        err = load_tables(v, c);
    if (err)
        return err;

    load_registers(v, c);
    memcpy(v->traps, c->trap_ctxt, sizeof(v->traps));
    v->event_cb = (struct guest_callback){ c->event_callback_eip, true };
    v->failsafe_cb =
        (struct guest_callback){ c->failsafe_callback_eip,
                                 c->flags & VGCF_failsafe_disables_events };
    v->syscall_cb =
        (struct guest_callback){ c->syscall_callback_eip,
                                 c->flags & VGCF_syscall_disables_events };
    if (!v->initialised)
        v->domain->vm_assist |=
            c->vm_assist & (1U << VMASST_TYPE_runstate_update_flag |
                            1U << VMASST_TYPE_writable_pagetables |
                            1U << VMASST_TYPE_pae_extended_cr3);
    fpu_set_context(v, &c->fpu_ctxt, c->flags & VGCF_i387_valid);
    v->initialised = true;
    return 0;
}

static unsigned long base_to_cr3(mfn_t m)
{
    return mfn_eq(m, MFN_INVALID) ? 0 : mfn_x(m) << PAGE_SHIFT;
}

void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    memset(c, 0, sizeof(*c));
    fpu_get_context(v, &c->fpu_ctxt);
    c->user_regs = v->regs;
    c->user_regs.saved_upcall_mask = v->info->evtchn_upcall_mask;
    if (v->info->evtchn_upcall_mask)
        c->user_regs.rflags &= ~EFLAGS_IF;
    c->user_regs.rflags |= (unsigned long)v->iopl << 12;
    c->flags = VGCF_i387_valid;
    if (v->kernel_mode)
        c->flags |= VGCF_in_kernel;
    if (v->sched.up)
        c->flags |= VGCF_online;
    if (v->failsafe_cb.mask_events)
        c->flags |= VGCF_failsafe_disables_events;
    if (v->syscall_cb.mask_events)
        c->flags |= VGCF_syscall_disables_events;
    memcpy(c->trap_ctxt, v->traps, sizeof(v->traps));
    c->ldt_base = v->ldt_base;
    c->ldt_ents = v->ldt_ents;
    for (unsigned int i = 0; i < DIV_UP(v->gdt_ents, 512); i++)
        c->gdt_frames[i] = mfn_x(v->gdt_frames[i]);
    c->gdt_ents = v->gdt_ents;
    c->kernel_ss = v->kernel_ss;
    c->kernel_sp = v->kernel_sp;
    c->ctrlreg[0] = CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE |
                    (v->fpu_ts ? CR0_TS : 0);
    c->ctrlreg[1] = base_to_cr3(v->guest_table_user);
    c->ctrlreg[3] = base_to_cr3(v->guest_table);
    c->ctrlreg[4] = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | v->cr4;
    memcpy(c->debugreg, v->debugreg, sizeof(c->debugreg));
    c->event_callback_eip = v->event_cb.address;
    c->failsafe_callback_eip = v->failsafe_cb.address;
    c->syscall_callback_eip = v->syscall_cb.address;
    c->vm_assist = v->domain->vm_assist;
    c->fs_base = v->fs_base;
    c->gs_base_kernel = v->gs_base_kernel;
    c->gs_base_user = v->gs_base_user;
}
