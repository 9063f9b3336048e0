/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control registers: native reads and writes, emulated. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/trap.h>

#define CR0_PE (1u << 0)
#define CR0_TS (1u << 3)
#define CR0_PG (1u << 31)
#define CR4_TSD (1u << 2)
#define CR4_DE (1u << 3)
#define CR4_PAE (1u << 5)
#define CR4_VMXE (1u << 13)
#define CR4_FSGSBASE (1u << 16)
#define CR4_OSXSAVE (1u << 18)
#define CPUID_XSAVE (1u << 26)
#define CPUID_OSXSAVE (1u << 27)

static void xsetbv(void *value) { insn_xsetbv(*(uint64_t *)value); }

static void extended_state(uint64_t cr4)
{
    uint64_t none = 0, sse = 3, old;
    struct caught c = { 0 };

    if (!(insn_cpuid(1, 0).c & CPUID_XSAVE))
        return;
    insn_write_cr4(cr4 | CR4_OSXSAVE);
    test_ok("OSXSAVE is set", insn_read_cr4() & CR4_OSXSAVE);
    test_ok("and cpuid says so", insn_cpuid(1, 0).c & CPUID_OSXSAVE);
    old = insn_xgetbv();
    test_ok("XCR0 without x87", trap_catch(&c, xsetbv, &none));
    test_eq("is #GP", c.vector, TRAP_GP);
    test_ok("XCR0 with x87 and SSE", !trap_catch(&c, xsetbv, &sse));
    test_eq("reads back", insn_xgetbv(), 3);
    insn_xsetbv(old);
}

static void wrfsbase(void *base) { insn_wrfsbase((uintptr_t)base); }

/* Whose kernel does not know them, its processes may not use them either. */
static void base_instructions(uint64_t cr4)
{
    struct caught c = { 0 };

    insn_write_cr4(cr4 & ~(uint64_t)CR4_FSGSBASE);
    test_ok("wrfsbase without CR4.FSGSBASE", trap_catch(&c, wrfsbase, NULL));
    test_eq("is #UD", c.vector, TRAP_UD);
    insn_write_cr4(cr4 | CR4_FSGSBASE);
    if (insn_read_cr4() & CR4_FSGSBASE)
        test_ok("with it", !trap_catch(&c, wrfsbase, NULL));
    insn_write_cr4(cr4);
}

TEST(control_regs, "trap/control-regs")
{
    uint64_t cr0 = insn_read_cr0(), cr4 = insn_read_cr4();

    test_eq("CR0 has PE and PG", cr0 & (CR0_PE | CR0_PG), CR0_PE | CR0_PG);
    test_eq("CR0 has no TS", cr0 & CR0_TS, 0);
    insn_write_cr0(cr0 | CR0_TS);
    test_eq("TS is set by mov", insn_read_cr0() & CR0_TS, CR0_TS);
    insn_clts();
    test_eq("and cleared by clts", insn_read_cr0() & CR0_TS, 0);
    test_eq("CR3 names the L4", insn_read_cr3() & ~0xfffull,
            mfn_of(mm_l4()) << PAGE_SHIFT);
    test_ok("CR4 has PAE", cr4 & CR4_PAE);
    insn_write_cr4(cr4 | CR4_DE);
    test_ok("DE can be set", insn_read_cr4() & CR4_DE);
    insn_write_cr4(cr4);
    test_ok("and cleared", !(insn_read_cr4() & CR4_DE));
    extended_state(cr4);
    base_instructions(cr4);
}
