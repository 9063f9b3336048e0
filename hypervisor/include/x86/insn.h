/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All inline assembly of the hypervisor, one function per instruction.
 * Host tests put their own file of this name first in the include path.
 */
#pragma once

#include <hv/types.h>
#include <x86/desc.h>
#include <x86/msr.h>
#include <xen/errno.h>

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return lo | ((uint64_t)hi << 32);
}

static inline void wrmsr(uint32_t msr, uint64_t v)
{
    asm volatile("wrmsr"
                 :
                 : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
                 : "memory");
}

/* Instructions that may fault carry an entry of the exception table. */
#define EXTABLE(from, to)                                                      \
    ".pushsection .ex_table, \"a\"\n"                                          \
    ".balign 4\n"                                                              \
    ".long (" from ") - ., (" to ") - .\n"                                     \
    ".popsection\n"

/* 0, or -1 if the register does not exist; *v is 0 then. */
static inline int rdmsr_safe(uint32_t msr, uint64_t *v)
{
    uint32_t lo = 0, hi = 0;
    int err = -1;

    asm volatile("1: rdmsr\n   xorl %0, %0\n2:\n" EXTABLE("1b", "2b")
                 : "+r"(err), "+a"(lo), "+d"(hi)
                 : "c"(msr));
    *v = err ? 0 : lo | ((uint64_t)hi << 32);
    return err;
}

static inline void cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
    asm volatile("cpuid"
                 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                 : "0"(leaf), "2"(sub));
}

/* After all loads before it. */
static inline uint64_t rdtsc_ordered(void)
{
    uint32_t lo, hi;

    asm volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi)::"memory");
    return (uint64_t)hi << 32 | lo;
}

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return lo | ((uint64_t)hi << 32);
}

#define DEFINE_READ_REG(name, reg)                                             \
    static inline unsigned long name(void)                                     \
    {                                                                          \
        unsigned long v;                                                       \
        asm volatile("mov %%" reg ", %0" : "=r"(v));                           \
        return v;                                                              \
    }
#define DEFINE_WRITE_REG(name, reg)                                            \
    static inline void name(unsigned long v)                                   \
    {                                                                          \
        asm volatile("mov %0, %%" reg : : "r"(v) : "memory");                  \
    }
DEFINE_READ_REG(read_cr0, "cr0")
DEFINE_WRITE_REG(write_cr0, "cr0")
DEFINE_READ_REG(read_cr2, "cr2")
DEFINE_READ_REG(read_cr3, "cr3")
DEFINE_WRITE_REG(write_cr3, "cr3")
DEFINE_READ_REG(read_cr4, "cr4")
DEFINE_WRITE_REG(write_cr4, "cr4")
DEFINE_WRITE_REG(write_dr0, "dr0")
DEFINE_WRITE_REG(write_dr1, "dr1")
DEFINE_WRITE_REG(write_dr2, "dr2")
DEFINE_WRITE_REG(write_dr3, "dr3")
DEFINE_READ_REG(read_dr6, "dr6")
DEFINE_WRITE_REG(write_dr6, "dr6")
DEFINE_WRITE_REG(write_dr7, "dr7")

static inline void clts(void) { asm volatile("clts"); }

static inline void stts(void) { write_cr0(read_cr0() | (1UL << 3)); }

static inline void invlpg(unsigned long va)
{
    asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline void sti(void) { asm volatile("sti" : : : "memory"); }

static inline void cli(void) { asm volatile("cli" : : : "memory"); }

/* Let pending interrupts in for one instruction, then shut them out. */
static inline void sti_window(void)
{
    asm volatile("sti\n nop\n cli" : : : "memory");
}

/* Enable interrupts and halt, with no gap between; back with them off. */
static inline void safe_halt(void)
{
    asm volatile("sti\n hlt\n cli" : : : "memory");
}

static inline void hlt(void) { asm volatile("hlt" : : : "memory"); }

static inline void mfence(void) { asm volatile("mfence; lfence" ::: "memory"); }

static inline void pause_cpu(void) { asm volatile("pause"); }

static inline void swapgs(void) { asm volatile("swapgs" : : : "memory"); }

/*
 * Open and close access to guest memory (stac, clac).  No-ops until boot
 * finds SMAP and patches them (<x86/patch.h>).
 */
#define SMAP_SITE(opcode)                                                      \
    "771: .byte 0x0f, 0x1f, 0x00\n"                                            \
    ".pushsection .patch_sites, \"a\"\n"                                       \
    ".long 771b - .\n"                                                         \
    ".byte 1, 3, 0x0f, 0x01, " opcode "\n"                                     \
    ".skip 7\n"                                                                \
    ".popsection\n"

static inline void guest_access_begin(void)
{
    asm volatile(SMAP_SITE("0xcb") : : : "memory");
}

static inline void guest_access_end(void)
{
    asm volatile(SMAP_SITE("0xca") : : : "memory");
}

/*
 * Accesses that may fault on a guest's account; the caller has checked the
 * range and opened access.  0, or -EFAULT after a fault (*v is 0 then).
 */
#define DEFINE_READ_SAFE(name, type, suffix)                                   \
    static inline int name(type *v, unsigned long from)                        \
    {                                                                          \
        int err = -XEN_EFAULT;                                                 \
        type x = 0;                                                            \
        asm volatile("1: mov" suffix                                           \
                     " (%2), %1\n   xorl %0, %0\n2:\n" EXTABLE("1b", "2b")     \
                     : "+r"(err), "+r"(x)                                      \
                     : "r"(from)                                               \
                     : "memory");                                              \
        *v = x;                                                                \
        return err;                                                            \
    }
#define DEFINE_WRITE_SAFE(name, type, suffix)                                  \
    static inline int name(unsigned long to, type v)                           \
    {                                                                          \
        int err = -XEN_EFAULT;                                                 \
        asm volatile("1: mov" suffix                                           \
                     " %1, (%2)\n   xorl %0, %0\n2:\n" EXTABLE("1b", "2b")     \
                     : "+r"(err)                                               \
                     : "r"(v), "r"(to)                                         \
                     : "memory");                                              \
        return err;                                                            \
    }
DEFINE_READ_SAFE(read_u64_safe, uint64_t, "q")
DEFINE_WRITE_SAFE(write_u64_safe, uint64_t, "q")
DEFINE_WRITE_SAFE(write_u32_safe, uint32_t, "l")

/* copy_bytes_safe - 0, or -EFAULT when either side faulted half-way */
static inline int copy_bytes_safe(void *to, const void *from, size_t len)
{
    size_t words = len / 8, rest = len % 8;
    int err = -XEN_EFAULT;

    asm volatile("1: rep movsq\n"
                 "   movq %4, %%rcx\n"
                 "2: rep movsb\n"
                 "   xorl %0, %0\n"
                 "3:\n" EXTABLE("1b", "3b") EXTABLE("2b", "3b")
                 : "+r"(err), "+&D"(to), "+&S"(from), "+&c"(words)
                 : "r"(rest)
                 : "memory");
    return err;
}

static inline void wbinvd(void) { asm volatile("wbinvd" : : : "memory"); }

static inline void xsetbv(uint32_t reg, uint64_t v)
{
    asm volatile("xsetbv"
                 :
                 : "c"(reg), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)));
}

/* Extended state.  @mask: components, as in XCR0; @p aligned to 64 bytes. */
static inline void fxsave(void *p)
{
    asm volatile("fxsaveq (%0)" : : "r"(p) : "memory");
}

#define DEFINE_XSAVE(name)                                                     \
    static inline void name(void *p, uint64_t mask)                            \
    {                                                                          \
        asm volatile(#name "q (%0)"                                            \
                     :                                                         \
                     : "r"(p), "a"((uint32_t)mask), "d"(mask >> 32)            \
                     : "memory");                                              \
    }
DEFINE_XSAVE(xsave)
DEFINE_XSAVE(xsaveopt)

/* Make the x87's pointers to its last instruction and operand ours. */
static inline void fpu_touch(const uint32_t *p)
{
    asm volatile("fnclex\n ffree %%st(7)\n fildl %0" : : "m"(*p));
}

/* 0, or -1 if the area holds what the processor refuses. */
static inline int fxrstor_safe(const void *p)
{
    int err = -1;

    asm volatile("1: fxrstorq (%1)\n   xorl %0, %0\n2:\n" EXTABLE("1b", "2b")
                 : "+r"(err)
                 : "r"(p)
                 : "memory");
    return err;
}

static inline int xrstor_safe(const void *p, uint64_t mask)
{
    int err = -1;

    asm volatile("1: xrstorq (%1)\n   xorl %0, %0\n2:\n" EXTABLE("1b", "2b")
                 : "+r"(err)
                 : "r"(p), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32))
                 : "memory");
    return err;
}

static inline void lgdt(const struct desc_ptr *p)
{
    asm volatile("lgdt %0" : : "m"(*p) : "memory");
}

static inline void lidt(const struct desc_ptr *p)
{
    asm volatile("lidt %0" : : "m"(*p) : "memory");
}

static inline void ltr(uint16_t sel) { asm volatile("ltr %0" : : "rm"(sel)); }

static inline void lldt(uint16_t sel) { asm volatile("lldt %0" : : "rm"(sel)); }

#define DEFINE_IN(name, type, suffix)                                          \
    static inline type name(uint16_t port)                                     \
    {                                                                          \
        type v;                                                                \
        asm volatile("in" suffix " %1, %0" : "=a"(v) : "Nd"(port));            \
        return v;                                                              \
    }
#define DEFINE_OUT(name, type, suffix)                                         \
    static inline void name(uint16_t port, type v)                             \
    {                                                                          \
        asm volatile("out" suffix " %0, %1" : : "a"(v), "Nd"(port));           \
    }
DEFINE_IN(inb, uint8_t, "b")
DEFINE_IN(inw, uint16_t, "w")
DEFINE_IN(inl, uint32_t, "l")
DEFINE_OUT(outb, uint8_t, "b")
DEFINE_OUT(outw, uint16_t, "w")
DEFINE_OUT(outl, uint32_t, "l")

/* Selectors that the guest loaded; the bases of fs and gs come by MSR. */
#define DEFINE_READ_SEG(seg)                                                   \
    static inline uint16_t read_##seg(void)                                    \
    {                                                                          \
        uint16_t v;                                                            \
        asm volatile("mov %%" #seg ", %0" : "=rm"(v));                         \
        return v;                                                              \
    }
/* 0, or -1 if the descriptor cannot be loaded (the selector is 0 then). */
#define DEFINE_LOAD_SEG(seg)                                                   \
    static inline int load_##seg(uint16_t sel)                                 \
    {                                                                          \
        int err = 0;                                                           \
        asm volatile("1: movl %1, %%" #seg "\n"                                \
                     "2:\n"                                                    \
                     ".pushsection .fixup, \"ax\"\n"                           \
                     "3: xorl %1, %1\n"                                        \
                     "   orl $-1, %0\n"                                        \
                     "   jmp 1b\n"                                             \
                     ".popsection\n" EXTABLE("1b", "3b")                       \
                     : "+r"(err)                                               \
                     : "r"((uint32_t)sel)                                      \
                     : "memory");                                              \
        return err;                                                            \
    }
DEFINE_READ_SEG(ds)
DEFINE_READ_SEG(es)
DEFINE_READ_SEG(fs)
DEFINE_READ_SEG(gs)
DEFINE_LOAD_SEG(ds)
DEFINE_LOAD_SEG(es)
DEFINE_LOAD_SEG(fs)
DEFINE_LOAD_SEG(gs)

/* ss is loaded only with null or our own selectors: no fault to expect. */
static inline void load_ss(uint16_t sel)
{
    asm volatile("movl %0, %%ss" : : "r"((uint32_t)sel) : "memory");
}

static inline void reload_cs(uint16_t sel)
{
    asm volatile("pushq %0\n"
                 "leaq 1f(%%rip), %%rax\n"
                 "pushq %%rax\n"
                 "lretq\n"
                 "1:"
                 :
                 : "r"((uint64_t)sel)
                 : "rax", "memory");
}
