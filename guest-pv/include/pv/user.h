/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User mode: its own address space and a few lines of code. */
#ifndef PV_USER_H
#define PV_USER_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <pv/trap.h>

/* Where user mode finds its code (read-only) and its data and stack. */
#define USER_CODE 0x400000ul
#define USER_DATA 0x600000ul
#define USER_STACK_TOP (USER_DATA + PAGE_SIZE)

/* Selectors of user mode; the reserved entries serve as well as any. */
#define USER_CS64 FLAT_USER_CS64
#define USER_CS32 FLAT_USER_CS32

/**
 * user_init - build the user address space and make it the current one
 *
 * Its L4 is pinned; its lower half is also entered into the kernel's L4, so
 * that hypercalls take user addresses.  Returns 0 or a negative errno.
 */
int user_init(void);

/** user_l4_mfn - machine frame of the user L4, after user_init() */
uint64_t user_l4_mfn(void);

/** user_data - the kernel's view of the page at USER_DATA */
void *user_data(void);

/** user_addr - the address in user mode of code in section .user */
uint64_t user_addr(const void *code);

/** user_regs - registers to start @code with: selectors, stack, flags */
void user_regs(struct cpu_user_regs *regs, const void *code);

/**
 * user_run - go to user mode and stay there until it traps
 * @regs:  registers to begin with; unchanged
 * @flags: of the iret hypercall, VGCF_in_syscall or 0
 * @c:     what came back: an exception, TRAP_SYSCALL, TRAP_INT80 ...
 *
 * Event callbacks are served and do not end it.
 */
void user_run(const struct cpu_user_regs *regs, unsigned long flags,
              struct caught *c);

/** user_trapped - for trap.c: end the session if one runs on this vCPU */
void user_trapped(const struct cpu_user_regs *regs);

/* Code for user mode, entry/user.S: what each does stands there. */
extern const char user_syscall[], user_int80[], user_read[], user_write[];
extern const char user_hlt[], user_ud2[], user_gs[], user_fs[];
extern const char user_int80_32[], user_int3[], user_cpuid[], user_iopl[];
extern const char user_jump[], user_syscall_32[];

#endif
