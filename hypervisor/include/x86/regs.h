/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits of flags, control and debug registers; vectors (SDM volume 3). */
#ifndef X86_REGS_H
#define X86_REGS_H

#define EFLAGS_CF (1UL << 0)
#define EFLAGS_MBS (1UL << 1) /* always 1 */
#define EFLAGS_TF (1UL << 8)
#define EFLAGS_IF (1UL << 9)
#define EFLAGS_DF (1UL << 10)
#define EFLAGS_IOPL (3UL << 12)
#define EFLAGS_NT (1UL << 14)
#define EFLAGS_RF (1UL << 16)
#define EFLAGS_VM (1UL << 17)
#define EFLAGS_AC (1UL << 18)
#define EFLAGS_VIF (1UL << 19)
#define EFLAGS_VIP (1UL << 20)
#define EFLAGS_ID (1UL << 21)

#define CR0_PE (1UL << 0)
#define CR0_MP (1UL << 1)
#define CR0_EM (1UL << 2)
#define CR0_TS (1UL << 3)
#define CR0_ET (1UL << 4)
#define CR0_NE (1UL << 5)
#define CR0_WP (1UL << 16)
#define CR0_AM (1UL << 18)
#define CR0_PG (1UL << 31)

#define CR4_VME (1UL << 0)
#define CR4_PVI (1UL << 1)
#define CR4_TSD (1UL << 2)
#define CR4_DE (1UL << 3)
#define CR4_PSE (1UL << 4)
#define CR4_PAE (1UL << 5)
#define CR4_MCE (1UL << 6)
#define CR4_PGE (1UL << 7)
#define CR4_PCE (1UL << 8)
#define CR4_OSFXSR (1UL << 9)
#define CR4_OSXMMEXCPT (1UL << 10)
#define CR4_UMIP (1UL << 11)
#define CR4_FSGSBASE (1UL << 16)
#define CR4_PCIDE (1UL << 17)
#define CR4_OSXSAVE (1UL << 18)
#define CR4_SMEP (1UL << 20)
#define CR4_SMAP (1UL << 21)

#define DR6_DEFAULT 0xffff0ff0UL
#define DR7_DEFAULT 0x400UL

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
#define VEC_HAS_ERROR 0x227d00U

/* Page-fault error code. */
#define PFEC_P 1U
#define PFEC_W 2U
#define PFEC_U 4U
#define PFEC_RSVD 8U
#define PFEC_I 16U

#endif
