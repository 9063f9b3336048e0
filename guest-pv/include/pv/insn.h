/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions that C has no words for: one static inline for each. */
#ifndef PV_INSN_H
#define PV_INSN_H

#include <stdbool.h>
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

/** insn_xchg - exchange, which locks by itself; the old value */
static inline uint64_t insn_xchg(uint64_t *p, uint64_t value)
{
    asm volatile("xchg %0, %1" : "+r"(value), "+m"(*p) : : "memory");
    return value;
}

/** insn_cmpxchg - store @new if there is @old; whether it did */
static inline bool insn_cmpxchg(uint64_t *p, uint64_t old, uint64_t new)
{
    bool done;

    asm volatile("lock cmpxchg %3, %1; sete %0"
                 : "=q"(done), "+m"(*p), "+a"(old)
                 : "r"(new)
                 : "memory", "cc");
    return done;
}

/** insn_lock_and8, insn_lock_or8 - change bits of a byte */
static inline void insn_lock_and8(uint8_t *p, uint8_t mask)
{
    asm volatile("lock andb %1, %0" : "+m"(*p) : "q"(mask) : "memory", "cc");
}

static inline void insn_lock_or8(uint8_t *p, uint8_t mask)
{
    asm volatile("lock orb %1, %0" : "+m"(*p) : "q"(mask) : "memory", "cc");
}

/** insn_lock_btr, insn_lock_bts - clear, set a bit; what it was */
static inline bool insn_lock_btr(uint64_t *p, uint64_t bit)
{
    bool was;

    asm volatile("lock btrq %2, %1; setc %0"
                 : "=q"(was), "+m"(*p)
                 : "r"(bit)
                 : "memory", "cc");
    return was;
}

static inline bool insn_lock_bts(uint64_t *p, uint64_t bit)
{
    bool was;

    asm volatile("lock btsq %2, %1; setc %0"
                 : "=q"(was), "+m"(*p)
                 : "r"(bit)
                 : "memory", "cc");
    return was;
}

/** insn_fault_without_stack - an invalid opcode while rsp is not mapped */
static inline void __attribute__((noreturn)) insn_fault_without_stack(void)
{
    asm volatile("xor %esp, %esp; ud2");
    __builtin_unreachable();
}

#endif
