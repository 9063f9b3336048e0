/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exceptions: handlers, faults that are expected, and the way back. */
#ifndef PV_TRAP_H
#define PV_TRAP_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <pv/trap_vector.h>

/** trap_init - register the trap table and the callbacks for this vCPU */
void trap_init(void);

/**
 * trap_table - the table that trap_init() registers, ended by a null entry
 *
 * All gates leave the event mask alone and none but int3, into and int 0x80
 * may be called from user mode.
 */
const struct trap_info *trap_table(void);

/**
 * trap_hook - let a function see the traps of one vector first
 * @vector: TRAP_*, or the number of an exception
 * @fn:     returns true to continue with @regs as it left them, false to go
 *          on as if there were no hook; NULL removes the hook
 *
 * @regs has no es, ds, fs and gs: the frame ends at ss.
 */
void trap_hook(unsigned int vector, bool (*fn)(struct cpu_user_regs *regs));

/** struct landing - a place to jump back to, see entry/exception.S */
struct landing {
    uint64_t word[8];
};

/** land_set - returns 0; and again, not 0, when land_jump() is called */
int land_set(struct landing *l) __attribute__((returns_twice));

/** land_jump - return @value (not 0) from land_set(@l), which is on the stack
 */
void land_jump(struct landing *l, int value) __attribute__((noreturn));

/** struct caught - the trap that ended a function */
struct caught {
    unsigned int vector;       /* TRAP_*, or the number of an exception */
    uint32_t error;            /* error code, 0 for vectors without */
    uint64_t cr2;              /* vcpu_info's when it was caught */
    struct cpu_user_regs regs; /* up to ss */
};

/**
 * trap_catch - call a function that may end with an exception
 * @c: filled if there was one
 *
 * Returns whether there was one.  The event mask becomes what it was when
 * the exception arrived.  Catches nest.
 */
bool trap_catch(struct caught *c, void (*fn)(void *arg), void *arg);

/**
 * trap_return - load registers by the iret hypercall
 * @regs:  all that is up to ss; the structure is on the current stack, and
 *         is overwritten
 * @flags: VGCF_in_syscall or 0
 */
void trap_return(struct cpu_user_regs *regs, unsigned long flags)
    __attribute__((noreturn));

/** failsafe_selectors - ds, es, fs, gs of the last failsafe callback */
extern uint64_t failsafe_selectors[4];

/** trap_set_unexpected - who hears of a trap that nobody waits for */
void trap_set_unexpected(void (*fn)(const struct cpu_user_regs *regs));

/* For entry/exception.S. */
void trap_dispatch(struct cpu_user_regs *regs);
extern const char trap_stubs[], trap_stub_int80[], trap_stub_event[];
extern const char trap_stub_syscall[], trap_stub_syscall32[];
extern const char trap_stub_failsafe[];

#endif
