/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions that C has no words for: one static inline for each. */
#ifndef PV_INSN_H
#define PV_INSN_H

#include <stddef.h>
#include <stdint.h>

/** insn_copy - copy @n bytes forwards, one instruction */
static inline void insn_copy(void *to, const void *from, size_t n)
{
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

/** insn_fill - set @n bytes to @c, one instruction */
static inline void insn_fill(void *to, int c, size_t n)
{
    asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
}

/** insn_barrier - the compiler may not move memory accesses across it */
static inline void insn_barrier(void)
{
    asm volatile("" : : : "memory");
}

/** insn_pause - a hint inside loops that wait for another processor */
static inline void insn_pause(void)
{
    asm volatile("pause" : : : "memory");
}

/** insn_rdtsc - the time stamp counter, in cycles */
static inline uint64_t insn_rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
    return ((uint64_t)hi << 32) | lo;
}

/** insn_fault_without_stack - an invalid opcode while rsp is not mapped */
static inline void __attribute__((noreturn)) insn_fault_without_stack(void)
{
    asm volatile("xor %esp, %esp; ud2");
    __builtin_unreachable();
}

#endif
