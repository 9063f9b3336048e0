/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Model-specific registers of a PV guest: one table.  A register that is not
 * in it raises #GP, but a guest without a handler for that yet reads zero and
 * writes nothing, since kernels touch registers before they can recover.
 */
#include <hv/errno.h>
#include <hv/policy.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <x86/msr.h>
#include <x86/pte.h>
#include <x86/regs.h>

#define APIC_BASE_BSP (1UL << 8)
#define APIC_BASE_ENABLE (1UL << 11)
#define MSR_DE_CFG 0xc0011029
#define DE_CFG_LFENCE_SERIALIZES (1UL << 1)

/* The guest's own register, loaded in the processor. */
static int read_live(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    (void)v;
    *val = rdmsr(msr);
    return 0;
}

/*
 * Segment bases: emulation happens in guest kernel mode only, so that
 * GS_BASE is the kernel's and KERNEL_GS_BASE the user's.
 */
static int write_base(struct vcpu *v, uint32_t msr, uint64_t val)
{
    (void)v;
    if (!va_canonical(val))
        return -EINVAL;
    wrmsr(msr, val);
    return 0;
}

static int read_efer(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    (void)v;
    *val = rdmsr(msr) & ~EFER_SVME;
    return 0;
}

static int read_apic_base(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    (void)msr;
    *val = 0xfee00000 | APIC_BASE_ENABLE | (v->id ? 0 : APIC_BASE_BSP);
    return 0;
}

static int read_tsc(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    (void)v;
    (void)msr;
    *val = rdtsc();
    return 0;
}

/* The machine's, if it has it: microcode revision, platform id. */
static int read_host(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    (void)v;
    return rdmsr_safe(msr, val) ? -EINVAL : 0;
}

/* What never changes; zero, where nothing is said of it. */
static int read_fixed(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    (void)v;
    *val = msr == MSR_PAT      ? PAT_XEN
           : msr == MSR_DE_CFG ? DE_CFG_LFENCE_SERIALIZES
                               : 0;
    return 0;
}

static int write_ignored(struct vcpu *v, uint32_t msr, uint64_t val)
{
    (void)v;
    (void)msr;
    (void)val;
    return 0;
}

// clang-format off
static const struct row {
    uint32_t first, last;
    int (*read)(struct vcpu *v, uint32_t msr, uint64_t *val);
    int (*write)(struct vcpu *v, uint32_t msr, uint64_t val); /* NULL: only the same value */
} table[] = {
    /* The hot ones first. */
    { MSR_FS_BASE,        MSR_KERNEL_GS_BASE, read_live,   write_base },
    { MSR_EFER,           MSR_EFER,           read_efer,      NULL },
    { MSR_TSC,            MSR_TSC,            read_tsc,       write_ignored },
    { MSR_TSC_AUX,        MSR_TSC_AUX,        read_fixed,     write_ignored },
    { MSR_APIC_BASE,      MSR_APIC_BASE,      read_apic_base, NULL },
    { MSR_PAT,            MSR_PAT,            read_fixed,     NULL },
    { 0x00000017,         0x00000017,         read_host,      NULL },          /* platform id */
    { 0x0000003a,         0x0000003a,         read_fixed,     NULL },          /* feature control */
    { 0x0000008b,         0x0000008b,         read_host,      write_ignored }, /* microcode revision */
    { 0x000000ce,         0x000000ce,         read_fixed,     NULL },          /* platform info */
    { 0x000000e7,         0x000000e8,         read_fixed,     write_ignored }, /* MPERF, APERF */
    { 0x00000140,         0x00000140,         read_fixed,     NULL },          /* misc features */
    { 0x00000179,         0x00000179,         read_fixed,     NULL },          /* MCG_CAP: no banks */
    { 0x0000017a,         0x0000017a,         read_fixed,     write_ignored }, /* MCG_STATUS */
    { 0x000001a0,         0x000001a0,         read_host,      write_ignored }, /* misc enable */
    { 0x000001fc,         0x000001fc,         read_fixed,     NULL },          /* power control */
    { 0x00000345,         0x00000345,         read_fixed,     NULL },          /* perf capabilities */
    { 0x00000400,         0x0000047f,         read_fixed,     write_ignored }, /* machine-check banks */
    { 0xc0010000,         0xc0010007,         read_fixed,     write_ignored }, /* AMD counters */
    { 0xc0010010,         0xc0010010,         read_fixed,     write_ignored }, /* SYSCFG */
    { 0xc0010015,         0xc0010015,         read_fixed,     write_ignored }, /* HWCR */
    { 0xc0010055,         0xc0010055,         read_fixed,     write_ignored }, /* interrupt pending */
    { MSR_DE_CFG,         MSR_DE_CFG,         read_fixed,     write_ignored },
};
// clang-format on

static const struct row *find(uint32_t msr)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
        if (msr - table[i].first <= table[i].last - table[i].first)
            return &table[i];
    return NULL;
}

static bool can_recover(const struct vcpu *v)
{
    return v->traps[VEC_GP].address;
}

int policy_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    const struct row *r = find(msr);

    if (r && !r->read(v, msr, val))
        return 0;
    *val = 0;
    return can_recover(v) ? -EINVAL : 0;
}

int policy_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    const struct row *r = find(msr);
    uint64_t old;

    if (r && r->write)
        return r->write(v, msr, val);
    if (r && !r->read(v, msr, &old) && old == val)
        return 0;
    return can_recover(v) ? -EINVAL : 0;
}
