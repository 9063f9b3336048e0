/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this machine has: read once. */
#include <hv/features.h>
#include <hv/types.h>
#include <x86/insn.h>

enum { EAX, EBX, ECX, EDX };

bool cpu_features[NR_FEATURES];

static const struct {
    uint32_t leaf, sub;
    uint8_t feature, reg, bit;
} table[] = {
#define X(name, leaf, sub, reg, bit) { leaf, sub, FEAT_##name, reg, bit },
    FEATURE_LIST(X)
#undef X
};

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
