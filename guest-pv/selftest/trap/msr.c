/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Model-specific registers, as emulated. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/trap.h>

#define MSR_APIC_BASE 0x1b
#define MSR_PAT 0x277
#define MSR_EFER 0xc0000080
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

struct access {
    uint32_t msr;
    uint64_t value;
};

static void read_msr(void *arg)
{
    struct access *a = arg;

    a->value = insn_rdmsr(a->msr);
}

static void write_msr(void *arg)
{
    struct access *a = arg;

    insn_wrmsr(a->msr, a->value);
}

static void bases(void)
{
    uint64_t *page = page_alloc();
    uint32_t msrs[] = { MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE };
    struct caught c = { 0 };

    page[0] = 4711;
    for (unsigned int i = 0; i < 3; i++) {
        struct access a = { msrs[i], NON_CANONICAL };

        insn_wrmsr(msrs[i], (uintptr_t)page);
        test_eq("base reads back", insn_rdmsr(msrs[i]), (uintptr_t)page);
        test_ok("base that is not canonical", trap_catch(&c, write_msr, &a));
        test_eq("is #GP", c.vector, TRAP_GP);
    }
    test_eq("fs:0", insn_fs0(), 4711);
    test_eq("gs:0", insn_gs0(), 4711);
    for (unsigned int i = 0; i < 3; i++)
        insn_wrmsr(msrs[i], 0);
    page_free(page);
}

TEST(msr, "trap/msr")
{
    struct access efer = { MSR_EFER, 0 }, a = { 0x12345678, 0 };
    struct caught c = { 0 };

    bases();
    test_ok("EFER can be read", !trap_catch(&c, read_msr, &efer));
    test_eq("with SCE, LME and LMA", efer.value & 0x501, 0x501);
    test_eq("and no SVME", efer.value & 0x1000, 0);
    test_ok("and written as it is", !trap_catch(&c, write_msr, &efer));
    test_ok("the local APIC is on", insn_rdmsr(MSR_APIC_BASE) & 0x800);
    test_eq("PAT", insn_rdmsr(MSR_PAT), 0x0000050100070406);
    test_ok("an MSR that does not exist", trap_catch(&c, read_msr, &a));
    test_eq("is #GP", c.vector, TRAP_GP);
}
