/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this machine has: one table, read once. */
#include <hv/features.h>
#include <hv/types.h>
#include <x86/insn.h>

enum { EAX, EBX, ECX, EDX };

bool cpu_features[NR_FEATURES];

// clang-format off
static const struct {
    uint32_t leaf, sub;
    uint8_t feature, reg, bit;
} table[] = {
    { 0x00000001, 0, FEAT_X2APIC,        ECX, 21 },
    { 0x00000001, 0, FEAT_TSC_DEADLINE,  ECX, 24 },
    { 0x00000001, 0, FEAT_XSAVE,         ECX, 26 },
    { 0x00000001, 0, FEAT_HYPERVISOR,    ECX, 31 },
    { 0x00000001, 0, FEAT_DEBUG_EXT,     EDX,  2 },
    { 0x00000007, 0, FEAT_FSGSBASE,      EBX,  0 },
    { 0x00000007, 0, FEAT_SMEP,          EBX,  7 },
    { 0x00000007, 0, FEAT_SMAP,          EBX, 20 },
    { 0x00000007, 0, FEAT_MD_CLEAR,      EDX, 10 },
    { 0x00000007, 0, FEAT_SPEC_CTRL,     EDX, 26 },
    { 0x00000007, 0, FEAT_L1D_FLUSH,     EDX, 28 },
    { 0x00000007, 0, FEAT_ARCH_CAPS,     EDX, 29 },
    { 0x0000000d, 1, FEAT_XSAVEOPT,      EAX,  0 },
    { 0x80000001, 0, FEAT_NX,            EDX, 20 },
    { 0x80000001, 0, FEAT_RDTSCP,        EDX, 27 },
    { 0x80000007, 0, FEAT_TSC_INVARIANT, EDX,  8 },
    { 0x80000008, 0, FEAT_AMD_IBPB,      EBX, 12 },
    { 0x80000021, 0, FEAT_AUTO_IBRS,     EAX,  8 },
};
// clang-format on

static bool leaf_exists(uint32_t leaf)
{
    uint32_t r[4];

    cpuid(leaf & 0x80000000, 0, r);
    return r[EAX] >= leaf && (r[EAX] ^ leaf) < 0x80000000;
}

void features_init(void)
{
    uint32_t r[4];

    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
        if (!leaf_exists(table[i].leaf))
            continue;
        cpuid(table[i].leaf, table[i].sub, r);
        cpu_features[table[i].feature] = r[table[i].reg] >> table[i].bit & 1;
    }
    if (!CPU_HAS(XSAVE))
        cpu_features[FEAT_XSAVEOPT] = false;

    /*
     * In long mode, 32-bit code enters the kernel by sysenter on Intel's and
     * by syscall on AMD's: the vendor is the only way to tell.  Both entries
     * are set where there are registers for them.
     */
    cpuid(0, 0, r);
    cpu_features[FEAT_SYSENTER] = r[EBX] == 0x756e6547; /* "Genu" */
}
