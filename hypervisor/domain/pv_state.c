/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's virtual hardware as its guest sets it: trap table, descriptor
 * table, kernel stack, FPU flag, segment bases, debug registers.
 */
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <x86/regs.h>
#include "local.h"

/* arg: array of trap_info, ended by a zero address; NULL clears all */
long hc_set_trap_table(struct hcall *h)
{
    struct vcpu *v = h->caller;
    unsigned long u = h->arg[0];
    struct trap_info t;

    if (!u) {
        memset(v->traps, 0, sizeof(v->traps));
        return 0;
    }
    /* At most one entry per vector is of use: so the list has an end. */
    for (unsigned int i = 0; i < 256; i++) {
        if (COPY_FROM_GUEST_IDX(&t, u, i))
            return -EFAULT;
        if (!t.address)
            return 0;
        if (!va_canonical(t.address))
            return -EINVAL;
        v->traps[t.vector] = t;
    }
    return 0;
}

/* arg: array of frame numbers, entries */
long hc_set_gdt(struct hcall *h)
{
    unsigned long frames[GDT_GUEST_FRAMES];
    unsigned long nents = h->arg[1];

    if (nents > FIRST_RESERVED_GDT_ENTRY)
        return -EINVAL;
    if (copy_from_guest(frames, h->arg[0],
                        DIV_UP(nents, 512) * sizeof(frames[0])))
        return -EFAULT;
    return gdt_set(h->caller, frames, nents);
}

/* arg: ss, sp */
long hc_stack_switch(struct hcall *h)
{
    struct vcpu *v = h->caller;

    v->kernel_ss = h->arg[0];
    v->kernel_sp = h->arg[1];
    return 0;
}

/* arg: set? */
long hc_fpu_taskswitch(struct hcall *h)
{
    struct vcpu *v = h->caller;

    v->fpu_ts = h->arg[0];
    if (v->fpu_ts)
        stts();
    else
        clts();
    return 0;
}

/* ---- segment bases ---- */

static void set_gs_kernel(struct vcpu *v, uint64_t base)
{
    /* In kernel mode the kernel's base is the active one. */
    (void)v;
    wrmsr(MSR_GS_BASE, base);
}

static void set_fs(struct vcpu *v, uint64_t base)
{
    (void)v;
    wrmsr(MSR_FS_BASE, base);
}

static void set_gs_user(struct vcpu *v, uint64_t base)
{
    (void)v;
    wrmsr(MSR_KERNEL_GS_BASE, base);
}

/* Load the selector as user space would have it, base included. */
static void set_gs_user_sel(struct vcpu *v, uint64_t sel)
{
    (void)v;
    swapgs();
    load_gs(sel & 0xffff);
    swapgs();
}

static void (*const set_base[])(struct vcpu *, uint64_t) = {
    [SEGBASE_FS] = set_fs,
    [SEGBASE_GS_USER] = set_gs_user,
    [SEGBASE_GS_KERNEL] = set_gs_kernel,
    [SEGBASE_GS_USER_SEL] = set_gs_user_sel,
};

/* arg: SEGBASE_*, base or selector */
long hc_set_segment_base(struct hcall *h)
{
    unsigned long which = h->arg[0], base = h->arg[1];

    if (which >= ARRAY_SIZE(set_base) ||
        (which != SEGBASE_GS_USER_SEL && !va_canonical(base)))
        return -EINVAL;
    set_base[which](h->caller, base);
    return 0;
}

/* ---- debug registers ---- */

static bool breakpoint_ok(unsigned long va)
{
    /* With room for the longest, 8 bytes, below our range. */
    return va_canonical(va) && (va < HV_VIRT_START - 8 || va >= HV_VIRT_END);
}

static void load_breakpoint(unsigned int reg, unsigned long va)
{
    switch (reg) {
    case 0:
        write_dr0(va);
        break;
    case 1:
        write_dr1(va);
        break;
    case 2:
        write_dr2(va);
        break;
    case 3:
        write_dr3(va);
        break;
    }
}

void debugreg_load(const struct vcpu *v)
{
    for (unsigned int i = 0; i < 4; i++)
        load_breakpoint(i, v->debugreg[i]);
    write_dr6(v->debugreg[6]);
    write_dr7(v->debugreg[7]);
}

int debugreg_check(unsigned int reg, unsigned long *val)
{
    if (reg == 4 || reg == 5)
        reg += 2;
    switch (reg) {
    case 0 ... 3:
        return breakpoint_ok(*val) ? 0 : -EPERM;
    case 6:
        *val = (*val & 0xe00fUL) | DR6_DEFAULT;
        return 0;
    case 7:
        /* GD would trap our own moves; I/O breakpoints need CR4.DE. */
        if (*val & DR7_GD)
            return -EPERM;
        *val = (*val & 0xffff03ffUL) | DR7_DEFAULT;
        for (unsigned int i = 0; i < 4; i++)
            if (((*val >> (16 + 4 * i)) & 3) == 2)
                return -EPERM;
        return 0;
    }
    return -ENODEV;
}

/* arg: register, value */
long hc_set_debugreg(struct hcall *h)
{
    struct vcpu *v = h->caller;
    unsigned long reg = h->arg[0], val = h->arg[1];
    int err;

    if (reg > 7)
        return -ENODEV;
    err = debugreg_check(reg, &val);
    if (err)
        return err;

    if (reg == 4 || reg == 5)
        reg += 2;
    v->debugreg[reg] = val;
    if (reg < 4)
        load_breakpoint(reg, val);
    else if (reg == 6)
        write_dr6(val);
    else
        debugreg_load(v); /* without breakpoints others' are left in there */
    return 0;
}

/* arg: register */
long hc_get_debugreg(struct hcall *h)
{
    unsigned long reg = h->arg[0];

    if (reg > 7)
        return -EINVAL;
    if (reg == 4 || reg == 5)
        reg += 2;
    return h->caller->debugreg[reg];
}
