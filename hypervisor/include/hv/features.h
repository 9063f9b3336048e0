/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Optional features of this machine, found once at boot (cpu/features.c). */
#pragma once

#include <hv/types.h>

enum feature {
    FEAT_SMEP,
    FEAT_SMAP,
    FEAT_FSGSBASE,
    FEAT_XSAVE,
    FEAT_XSAVEOPT,
    FEAT_NX,
    FEAT_RDTSCP,
    FEAT_X2APIC,
    FEAT_TSC_INVARIANT,
    FEAT_HYPERVISOR, /* we run on one ourselves */
    FEAT_TSC_DEADLINE,
    FEAT_SYSENTER,
    FEAT_DEBUG_EXT,
    FEAT_MD_CLEAR,
    FEAT_SPEC_CTRL, /* Intel: SPEC_CTRL and PRED_CMD */
    FEAT_L1D_FLUSH,
    FEAT_ARCH_CAPS,
    FEAT_AMD_IBPB,
    FEAT_AUTO_IBRS,
    NR_FEATURES
};

extern bool cpu_features[NR_FEATURES];
#define CPU_HAS(f) (cpu_features[FEAT_##f])

void features_init(void);
