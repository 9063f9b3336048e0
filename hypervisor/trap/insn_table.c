/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileged instructions that PV kernels still execute: one table of those
 * that raise #GP at CPL 3, and the forced emulation of CPUID.
 *
 * An emulator returns true when the instruction is dealt with, which may
 * mean that another exception was injected; false leaves the #GP to the
 * guest.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/features.h>
#include <hv/fpu.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/mm.h>
#include <hv/policy.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <x86/regs.h>
#include "insn_fetch.h"
#include "port_io.h"

/* ud2; "xen"; cpuid, as the 7 bytes stand in memory. */
#define FORCED_CPUID 0xa20f6e65780b0fUL
#define FORCED_BYTES 7

typedef bool emulator(struct vcpu *v, struct cpu_user_regs *r,
                      const struct insn *in);

static bool done(struct cpu_user_regs *r, const struct insn *in)
{
    insn_done(r, in->length);
    return true;
}

/*
 * The guest's interrupt flag is its event mask, which these never change:
 * popf would not restore it.
 */
static bool emul_cli_sti(struct vcpu *v, struct cpu_user_regs *r,
                         const struct insn *in)
{
    return port_iopl_ok(v) && done(r, in);
}

static bool emul_clts(struct vcpu *v, struct cpu_user_regs *r,
                      const struct insn *in)
{
    v->fpu_ts = false;
    clts();
    return done(r, in);
}

/* Caches matter only to a domain that talks to devices. */
static bool emul_wbinvd(struct vcpu *v, struct cpu_user_regs *r,
                        const struct insn *in)
{
    if (v->domain->hardware)
        wbinvd();
    return done(r, in);
}

static bool emul_rdmsr(struct vcpu *v, struct cpu_user_regs *r,
                       const struct insn *in)
{
    uint64_t val;

    if (policy_rdmsr(v, r->ecx, &val))
        return false;
    r->rax = (uint32_t)val;
    r->rdx = val >> 32;
    return done(r, in);
}

static bool emul_wrmsr(struct vcpu *v, struct cpu_user_regs *r,
                       const struct insn *in)
{
    if (policy_wrmsr(v, r->ecx, r->eax | r->rdx << 32))
        return false;
    return done(r, in);
}

static void put_tsc(struct cpu_user_regs *r)
{
    uint64_t tsc = rdtsc();

    r->rax = (uint32_t)tsc;
    r->rdx = tsc >> 32;
}

/* Raises #GP only with CR4.TSD, which the kernel set for its users. */
static bool emul_rdtsc(struct vcpu *v, struct cpu_user_regs *r,
                       const struct insn *in)
{
    (void)v;
    put_tsc(r);
    return done(r, in);
}

static void set_ts(struct vcpu *v, bool ts)
{
    v->fpu_ts = ts;
    if (ts)
        stts();
    else
        clts();
}

static unsigned long guest_cr0(const struct vcpu *v)
{
    return CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE |
           (v->fpu_ts ? CR0_TS : 0);
}

static unsigned long guest_cr4(const struct vcpu *v)
{
    const unsigned long shown = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_MCE;

    return (this_cpu()->cr4 & shown) | v->cr4;
}

/* Other bits than a guest's own are dropped, never refused. */
static void write_guest_cr4(struct vcpu *v, unsigned long val)
{
    unsigned long own = CR4_TSD;

    if (CPU_HAS(DEBUG_EXT))
        own |= CR4_DE;
    if (CPU_HAS(FSGSBASE))
        own |= CR4_FSGSBASE;
    if (v->domain->policy.xcr0_max)
        own |= CR4_OSXSAVE;
    v->cr4 = val & own;
    write_cr4(this_cpu()->cr4 | v->cr4);
}

static bool emul_read_cr(struct vcpu *v, struct cpu_user_regs *r,
                         const struct insn *in)
{
    uint64_t val;

    switch (in->reg) {
    case 0:
        val = guest_cr0(v);
        break;
    case 2:
        val = v->info->arch.cr2;
        break;
    case 3:
        val = mfn_x(v->guest_table) << PAGE_SHIFT;
        break;
    case 4:
        val = guest_cr4(v);
        break;
    default:
        return false;
    }
    *insn_register(r, in->rm) = val;
    return done(r, in);
}

static bool emul_write_cr(struct vcpu *v, struct cpu_user_regs *r,
                          const struct insn *in)
{
    uint64_t val = *insn_register(r, in->rm);
    int err;

    switch (in->reg) {
    case 0:
        if ((val ^ guest_cr0(v)) & ~CR0_TS)
            return false;
        set_ts(v, val & CR0_TS);
        break;
    case 2:
        v->info->arch.cr2 = val;
        break;
    case 3:
        err = pt_set_base(v, mfn(val >> PAGE_SHIFT), false);
        if (err == -ERESTART)
            return true; /* the instruction runs again */
        if (err)
            return false;
        break;
    case 4:
        write_guest_cr4(v, val);
        break;
    default:
        return false;
    }
    return done(r, in);
}

/* Debug registers 4 and 5 are the old names of 6 and 7. */
static unsigned int debugreg_nr(const struct insn *in)
{
    return in->reg == 4 || in->reg == 5 ? in->reg + 2 : in->reg;
}

static bool emul_read_dr(struct vcpu *v, struct cpu_user_regs *r,
                         const struct insn *in)
{
    if (in->reg > 7)
        return false;
    *insn_register(r, in->rm) = v->debugreg[debugreg_nr(in)];
    return done(r, in);
}

static bool emul_write_dr(struct vcpu *v, struct cpu_user_regs *r,
                          const struct insn *in)
{
    struct hcall h = { .arg = { debugreg_nr(in), *insn_register(r, in->rm) },
                       .caller = v };

    if (in->reg > 7 || hc_set_debugreg(&h))
        return false;
    return done(r, in);
}

static bool emul_lmsw(struct vcpu *v, struct cpu_user_regs *r,
                      const struct insn *in)
{
    uint16_t msw;

    if (in->mod == 3)
        msw = *insn_register(r, in->rm);
    else if (in->segment >= SEG_FS ||
             copy_from_guest(&msw, insn_address(in, r), sizeof(msw)))
        return false;
    if (msw & CR0_EM)
        return false;
    set_ts(v, msw & CR0_TS);
    return done(r, in);
}

/* 0f 01: told apart by the whole second byte. */
static bool emul_group7(struct vcpu *v, struct cpu_user_regs *r,
                        const struct insn *in)
{
    if (in->modrm == 0xd1) /* xsetbv */
        return !r->ecx && fpu_set_xcr0(v, r->eax | r->rdx << 32) && done(r, in);
    if (in->modrm == 0xf9) { /* rdtscp, see emul_rdtsc() */
        put_tsc(r);
        r->rcx = 0;
        return done(r, in);
    }
    return (in->modrm >> 3 & 7) == 6 && emul_lmsw(v, r, in);
}

// clang-format off
static emulator *const one_byte[256] = {
    [0x6c ... 0x6d] = emul_ins,   [0x6e ... 0x6f] = emul_outs,
    [0xe4 ... 0xe5] = emul_in,    [0xe6 ... 0xe7] = emul_out,
    [0xec ... 0xed] = emul_in,    [0xee ... 0xef] = emul_out,
    [0xfa ... 0xfb] = emul_cli_sti,
};

/* For guest kernels only. */
static emulator *const two_byte[64] = {
    [0x01] = emul_group7,
    [0x06] = emul_clts,
    [0x08 ... 0x09] = emul_wbinvd,
    [0x20] = emul_read_cr,        [0x21] = emul_read_dr,
    [0x22] = emul_write_cr,       [0x23] = emul_write_dr,
    [0x30] = emul_wrmsr,          [0x31] = emul_rdtsc,
    [0x32] = emul_rdmsr,
};
// clang-format on

bool emulate_gp(struct cpu_user_regs *regs)
{
    struct vcpu *v = current_vcpu();
    emulator *fn = NULL;
    struct insn in;

    if (insn_fetch(&in, regs) || in.lock)
        return false;
    if (in.opcode < ARRAY_SIZE(one_byte))
        fn = one_byte[in.opcode];
    else if (v->kernel_mode && in.opcode - OP_0F(0) < (int)ARRAY_SIZE(two_byte))
        fn = two_byte[in.opcode - OP_0F(0)];
    return fn && fn(v, regs, &in);
}

bool emulate_ud(struct cpu_user_regs *regs)
{
    unsigned long rip = regs->rip;
    uint64_t bytes = 0;
    uint32_t out[4];

    if (likely((rip & ~PAGE_MASK) <= PAGE_SIZE - sizeof(bytes))) {
        if (get_guest_u64(&bytes, rip))
            return false;
    } else if (copy_from_guest(&bytes, rip, FORCED_BYTES)) {
        return false;
    }
    if ((bytes & ((1UL << (8 * FORCED_BYTES)) - 1)) != FORCED_CPUID)
        return false;

    policy_cpuid(current_vcpu(), regs->eax, regs->ecx, out);
    regs->rax = out[0];
    regs->rbx = out[1];
    regs->rcx = out[2];
    regs->rdx = out[3];
    insn_done(regs, FORCED_BYTES);
    return true;
}
