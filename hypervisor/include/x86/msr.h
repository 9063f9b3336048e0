/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Model-specific register numbers and their bits (SDM volume 4). */
#pragma once

#include <x86/const.h>

#define MSR_TSC 0x10
#define MSR_APIC_BASE 0x1b
#define MSR_SPEC_CTRL 0x48
#define MSR_PRED_CMD 0x49
#define MSR_ARCH_CAPABILITIES 0x10a
#define MSR_FLUSH_CMD 0x10b
#define MSR_PAT 0x277
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_CSTAR 0xc0000083
#define MSR_SYSCALL_MASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX 0xc0000103
#define MSR_SYSENTER_CS 0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176

#define EFER_SCE (UL(1) << 0)
#define EFER_LME (UL(1) << 8)
#define EFER_LMA (UL(1) << 10)
#define EFER_NXE (UL(1) << 11)
#define EFER_SVME (UL(1) << 12)
#define EFER_AUTO_IBRS (UL(1) << 21)

#define SPEC_CTRL_IBRS 1
#define PRED_CMD_IBPB 1
#define FLUSH_CMD_L1D 1

#define ARCH_CAPS_RDCL_NO (UL(1) << 0)
#define ARCH_CAPS_IBRS_ALL (UL(1) << 1)
#define ARCH_CAPS_MDS_NO (UL(1) << 5)
#define ARCH_CAPS_TAA_NO (UL(1) << 8)
#define ARCH_CAPS_SBDR_SSDP_NO (UL(1) << 13)
#define ARCH_CAPS_FBSDP_NO (UL(1) << 14)
#define ARCH_CAPS_PSDP_NO (UL(1) << 15)
#define ARCH_CAPS_RFDS_NO (UL(1) << 27)

/* PAT entries 0-7: WB WT UC- UC WC WP UC UC, as Linux expects under Xen. */
#define PAT_XEN UL(0x0000050100070406)
