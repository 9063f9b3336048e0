/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The emulated cpuid: what a kernel is told of the machine. */
#include <pv/insn.h>
#include <pv/test.h>
#include <pv/trap.h>

/* Bits of leaf 1 that mean nothing to a kernel that is not in ring 0. */
static const struct {
    const char *why;
    uint32_t leaf, sub;
    char reg;
    unsigned int bit;
    bool set;
} bits[] = {
    { "VME", 1, 0, 'd', 1, false },
    { "PSE", 1, 0, 'd', 3, false },
    { "PSE36", 1, 0, 'd', 17, false },
    { "PGE", 1, 0, 'd', 13, false },
    { "FPU", 1, 0, 'd', 0, true },
    { "PAE", 1, 0, 'd', 6, true },
    { "SSE2", 1, 0, 'd', 26, true },
    { "VMX", 1, 0, 'c', 5, false },
    { "PCID", 1, 0, 'c', 17, false },
    { "hypervisor", 1, 0, 'c', 31, true },
    { "SMEP", 7, 0, 'b', 7, false },
    { "SMAP", 7, 0, 'b', 20, false },
    { "INVPCID", 7, 0, 'b', 10, false },
    { "UMIP", 7, 0, 'c', 2, false },
    { "PKU", 7, 0, 'c', 3, false },
    { "LA57", 7, 0, 'c', 16, false },
    { "long mode", 0x80000001, 0, 'd', 29, true },
    { "NX", 0x80000001, 0, 'd', 20, true },
    { "syscall", 0x80000001, 0, 'd', 11, true },
    { "1 GiB pages", 0x80000001, 0, 'd', 26, false },
    { "SVM", 0x80000001, 0, 'c', 2, false },
};

static uint32_t pick(struct insn_cpuid r, char reg)
{
    return reg == 'a' ? r.a : reg == 'b' ? r.b : reg == 'c' ? r.c : r.d;
}

TEST(cpuid, "trap/cpuid")
{
    struct insn_cpuid r = insn_cpuid(0x40000000, 0);

    test_ok("signature",
            r.b == 0x566e6558 && r.c == 0x65584d4d && r.d == 0x4d4d566e);
    test_ok("leaves of the hypervisor", r.a >= 0x40000002);
    test_ok("its version", insn_cpuid(0x40000001, 0).a >= 0x00040002);
    test_eq("leaf out of range", insn_cpuid(0x40ffff00, 0).a, 0);
    test_ok("vendor leaf", insn_cpuid(0, 0).a >= 7);
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        r = insn_cpuid(bits[i].leaf, bits[i].sub);
        if ((pick(r, bits[i].reg) >> bits[i].bit & 1) != bits[i].set)
            test_fail("%s is %s", bits[i].why, bits[i].set ? "off" : "on");
    }
}
