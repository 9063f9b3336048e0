/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Optional features of this machine, found once at boot (cpu/features.c). */
#pragma once

#include <hv/types.h>

/* Each with where CPUID tells it: leaf, sub-leaf, register, bit. */
// clang-format off
#define FEATURE_LIST(X)                                                          \
    X(X2APIC,        0x1,        0, ECX, 21)                                     \
    X(TSC_DEADLINE,  0x1,        0, ECX, 24)                                     \
    X(XSAVE,         0x1,        0, ECX, 26)                                     \
    X(HYPERVISOR,    0x1,        0, ECX, 31) /* we run on one ourselves */       \
    X(DEBUG_EXT,     0x1,        0, EDX,  2)                                     \
    X(FSGSBASE,      0x7,        0, EBX,  0)                                     \
    X(SMEP,          0x7,        0, EBX,  7)                                     \
    X(SMAP,          0x7,        0, EBX, 20)                                     \
    X(MD_CLEAR,      0x7,        0, EDX, 10)                                     \
    X(SPEC_CTRL,     0x7,        0, EDX, 26) /* Intel: SPEC_CTRL and PRED_CMD */ \
    X(L1D_FLUSH,     0x7,        0, EDX, 28)                                     \
    X(ARCH_CAPS,     0x7,        0, EDX, 29)                                     \
    X(XSAVEOPT,      0xd,        1, EAX,  0)                                     \
    X(NX,            0x80000001, 0, EDX, 20)                                     \
    X(RDTSCP,        0x80000001, 0, EDX, 27)                                     \
    X(TSC_INVARIANT, 0x80000007, 0, EDX,  8)                                     \
    X(FPU_POINTERS,  0x80000008, 0, EBX,  2) /* of errors: always saved */      \
    X(AMD_IBPB,      0x80000008, 0, EBX, 12)                                     \
    X(AUTO_IBRS,     0x80000021, 0, EAX,  8)

enum feature {
#define X(name, leaf, sub, reg, bit) FEAT_##name,
    FEATURE_LIST(X)
#undef X
    FEAT_SYSENTER, /* told by the vendor */
    NR_FEATURES
};
// clang-format on

extern bool cpu_features[NR_FEATURES];
#define CPU_HAS(f) (cpu_features[FEAT_##f])

void features_init(void);
