/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of what trap_dispatch() hears of; also read by the assembler. */
#ifndef PV_TRAP_VECTOR_H
#define PV_TRAP_VECTOR_H

/* Exceptions of the processor have their own numbers. */
#define TRAP_DE 0
#define TRAP_DB 1
#define TRAP_NMI 2
#define TRAP_BP 3
#define TRAP_UD 6
#define TRAP_NM 7
#define TRAP_NP 11
#define TRAP_SS 12
#define TRAP_GP 13
#define TRAP_PF 14
#define TRAP_INT80 0x80

/* The callbacks have no vector: numbers of our own. */
#define TRAP_EVENT 0x100
#define TRAP_SYSCALL 0x101
#define TRAP_SYSCALL32 0x102
#define TRAP_FAILSAFE 0x103

/* __HYPERVISOR_iret, for the assembler. */
#define TRAP_HYPERCALL_IRET 23

#endif
