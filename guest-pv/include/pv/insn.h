/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions that C has no words for: one static inline for each. */
#ifndef PV_INSN_H
#define PV_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

/** insn_hypercall - a hypercall of up to four arguments, without a call */
static inline long insn_hypercall(unsigned long nr, uint64_t a1, uint64_t a2,
                                  uint64_t a3, uint64_t a4)
{
    register uint64_t r10 asm("r10") = a4;
    long rc;

    asm volatile("syscall"
                 : "=a"(rc), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10)
                 : "a"(nr)
                 : "rcx", "r11", "r8", "memory");
    return rc;
}

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
static inline void insn_barrier(void) { asm volatile("" : : : "memory"); }

/** insn_pause - a hint inside loops that wait for another processor */
static inline void insn_pause(void) { asm volatile("pause" : : : "memory"); }

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

/* Instructions that trap, or that the hypervisor emulates. */

static inline void insn_int3(void) { asm volatile("int3" : : : "memory"); }

static inline void insn_ud2(void) { asm volatile("ud2" : : : "memory"); }

static inline void insn_hlt(void) { asm volatile("hlt" : : : "memory"); }

static inline void insn_cli(void) { asm volatile("cli" : : : "memory"); }

static inline void insn_sti(void) { asm volatile("sti" : : : "memory"); }

static inline void insn_clts(void) { asm volatile("clts" : : : "memory"); }

static inline void insn_fninit(void) { asm volatile("fninit" : : : "memory"); }

/** insn_int_0x81 - a soft interrupt that no gate of the guest admits: 0x81 */
static inline void insn_int_0x81(void)
{
    asm volatile("int $0x81" : : : "memory");
}

static inline uint8_t insn_in8(uint16_t port)
{
    uint8_t v;

    asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
    return v;
}

static inline void insn_out8(uint16_t port, uint8_t v)
{
    asm volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline uint64_t insn_rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
    return ((uint64_t)hi << 32) | lo;
}

static inline void insn_wrmsr(uint32_t msr, uint64_t v)
{
    asm volatile("wrmsr"
                 :
                 : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
                 : "memory");
}

/** insn_cpuid - the leaf as the hypervisor shows it to kernels */
struct insn_cpuid {
    uint32_t a, b, c, d;
};

static inline struct insn_cpuid insn_cpuid(uint32_t leaf, uint32_t sub)
{
    struct insn_cpuid r;

    asm volatile(XEN_CPUID
                 : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
                 : "a"(leaf), "c"(sub));
    return r;
}

/** insn_native_cpuid - the processor's own, whoever answers it */
static inline void insn_native_cpuid(uint32_t leaf)
{
    uint32_t b, c = 0, d;

    asm volatile("cpuid" : "+a"(leaf), "=b"(b), "+c"(c), "=d"(d));
}

static inline uint64_t insn_read_dr7(void)
{
    uint64_t v;

    asm volatile("mov %%dr7, %0" : "=r"(v) : : "memory");
    return v;
}

/** insn_touch - read at @va: 3 bytes of code */
static inline void insn_touch(uint64_t va)
{
    uint64_t v;

    asm volatile("mov (%1), %0" : "=a"(v) : "D"(va) : "memory");
}

static inline uint64_t insn_read_cr0(void)
{
    uint64_t v;

    asm volatile("mov %%cr0, %0" : "=r"(v) : : "memory");
    return v;
}

static inline uint64_t insn_read_cr2(void)
{
    uint64_t v;

    asm volatile("mov %%cr2, %0" : "=r"(v) : : "memory");
    return v;
}

static inline uint64_t insn_read_cr3(void)
{
    uint64_t v;

    asm volatile("mov %%cr3, %0" : "=r"(v) : : "memory");
    return v;
}

static inline uint64_t insn_read_cr4(void)
{
    uint64_t v;

    asm volatile("mov %%cr4, %0" : "=r"(v) : : "memory");
    return v;
}

static inline void insn_write_cr0(uint64_t v)
{
    asm volatile("mov %0, %%cr0" : : "r"(v) : "memory");
}

static inline void insn_write_cr4(uint64_t v)
{
    asm volatile("mov %0, %%cr4" : : "r"(v) : "memory");
}

static inline void insn_write_cr8(uint64_t v)
{
    asm volatile("mov %0, %%cr8" : : "r"(v) : "memory");
}

static inline void insn_load_ds(uint16_t sel)
{
    asm volatile("mov %0, %%ds" : : "r"((uint32_t)sel) : "memory");
}

static inline void insn_load_fs(uint16_t sel)
{
    asm volatile("mov %0, %%fs" : : "r"((uint32_t)sel) : "memory");
}

static inline uint16_t insn_read_fs(void)
{
    uint16_t sel;

    asm volatile("mov %%fs, %0" : "=r"(sel));
    return sel;
}

/*
 * FPU registers: the compiler is told to leave them alone, so they hold what
 * was put there.
 */
static inline void insn_set_xmm7(uint64_t v)
{
    asm volatile("movq %0, %%xmm7" : : "r"(v));
}

static inline uint64_t insn_get_xmm7(void)
{
    uint64_t v;

    asm volatile("movq %%xmm7, %0" : "=r"(v));
    return v;
}

static inline void insn_set_x87(uint64_t v)
{
    asm volatile("fninit; fildq %0" : : "m"(v));
}

static inline uint64_t insn_get_x87(void)
{
    uint64_t v;

    asm volatile("fistpq %0" : "=m"(v));
    return v;
}

/** insn_fs0, insn_gs0 - the word at the segment's base */
static inline uint64_t insn_fs0(void)
{
    uint64_t v;

    asm volatile("mov %%fs:0, %0" : "=r"(v) : : "memory");
    return v;
}

static inline uint64_t insn_gs0(void)
{
    uint64_t v;

    asm volatile("mov %%gs:0, %0" : "=r"(v) : : "memory");
    return v;
}

/** insn_wrfsbase - the base of fs, where CR4 allows the instruction */
static inline void insn_wrfsbase(uint64_t base)
{
    asm volatile("wrfsbase %0" : : "r"(base) : "memory");
}

/** insn_flags - rflags, as the processor has them */
static inline uint64_t insn_flags(void)
{
    uint64_t v;

    asm volatile("pushfq; popq %0" : "=r"(v) : : "memory");
    return v;
}

/** insn_single_step - one instruction (a nop) with the trap flag set */
static inline void insn_single_step(void)
{
    asm volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop"
                 :
                 :
                 : "memory", "cc");
}

/** insn_xgetbv - XCR0 */
static inline uint64_t insn_xgetbv(void)
{
    uint32_t lo, hi;

    asm volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0) : "memory");
    return ((uint64_t)hi << 32) | lo;
}

static inline void insn_xsetbv(uint64_t v)
{
    asm volatile("xsetbv"
                 :
                 : "c"(0), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
                 : "memory");
}

/** insn_fault_without_stack - an invalid opcode while rsp is not mapped */
static inline void __attribute__((noreturn)) insn_fault_without_stack(void)
{
    asm volatile("xor %esp, %esp; ud2");
    __builtin_unreachable();
}

#endif
