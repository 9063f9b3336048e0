/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits of flags, control and debug registers; vectors (SDM volume 3). */
#pragma once

#include <x86/const.h>

#define EFLAGS_CF (UL(1) << 0)
#define EFLAGS_MBS (UL(1) << 1) /* always 1 */
#define EFLAGS_TF (UL(1) << 8)
#define EFLAGS_IF (UL(1) << 9)
#define EFLAGS_DF (UL(1) << 10)
#define EFLAGS_IOPL (UL(3) << 12)
#define EFLAGS_NT (UL(1) << 14)
#define EFLAGS_RF (UL(1) << 16)
#define EFLAGS_VM (UL(1) << 17)
#define EFLAGS_AC (UL(1) << 18)
#define EFLAGS_VIF (UL(1) << 19)
#define EFLAGS_VIP (UL(1) << 20)

#define CR0_PE (UL(1) << 0)
#define CR0_MP (UL(1) << 1)
#define CR0_EM (UL(1) << 2)
#define CR0_TS (UL(1) << 3)
#define CR0_ET (UL(1) << 4)
#define CR0_NE (UL(1) << 5)
#define CR0_WP (UL(1) << 16)
#define CR0_AM (UL(1) << 18)
#define CR0_PG (UL(1) << 31)

#define CR4_TSD (UL(1) << 2)
#define CR4_DE (UL(1) << 3)
#define CR4_PAE (UL(1) << 5)
#define CR4_MCE (UL(1) << 6)
#define CR4_OSFXSR (UL(1) << 9)
#define CR4_OSXMMEXCPT (UL(1) << 10)
#define CR4_FSGSBASE (UL(1) << 16)
#define CR4_OSXSAVE (UL(1) << 18)
#define CR4_SMEP (UL(1) << 20)
#define CR4_SMAP (UL(1) << 21)

#define DR6_DEFAULT UL(0xffff0ff0)
#define DR7_DEFAULT UL(0x400)
#define DR7_GD (UL(1) << 13)

#define VEC_DE 0
#define VEC_DB 1
#define VEC_NMI 2
#define VEC_BP 3
#define VEC_OF 4
#define VEC_BR 5
#define VEC_UD 6
#define VEC_NM 7
#define VEC_DF 8
#define VEC_TS 10
#define VEC_NP 11
#define VEC_SS 12
#define VEC_GP 13
#define VEC_PF 14
#define VEC_MF 16
#define VEC_AC 17
#define VEC_MC 18
#define VEC_XM 19
#define VEC_INT80 0x80

/* Vectors that push an error code: 8, 10-14, 17, 21. */
#define VEC_HAS_ERROR 0x227d00

/* Page-fault error code. */
#define PFEC_P 1
#define PFEC_W 2
#define PFEC_U 4
#define PFEC_RSVD 8
#define PFEC_I 16
