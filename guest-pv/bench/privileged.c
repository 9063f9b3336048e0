/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benchmarks: privileged instructions, and the hypercalls that spare them. */
#include <xen/physdev.h>
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include "bench.h"

#define MSR_EFER 0xc0000080
#define MSR_FS_BASE 0xc0000100

/* The delay port: reading it has no effect. */
#define PORT 0x80

static volatile uint64_t sink;

/* Ports are for kernels whose IOPL is 1, as Linux sets it. */
static void begin(void)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };

    bench_must("IOPL", hc_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
}

static long rdmsr_efer(void)
{
    sink = insn_rdmsr(MSR_EFER);
    return 0;
}

static long wrmsr_fsbase(void)
{
    insn_wrmsr(MSR_FS_BASE, 0);
    return 0;
}

static long cpuid_native(void)
{
    insn_native_cpuid(0);
    return 0;
}

static long cpuid_forced(void)
{
    sink = insn_cpuid(0, 0).a;
    return 0;
}

static long read_cr0(void)
{
    sink = insn_read_cr0();
    return 0;
}

static long clts(void)
{
    insn_clts();
    return 0;
}

static long read_dr7(void)
{
    sink = insn_read_dr7();
    return 0;
}

static long inb(void)
{
    sink = insn_in8(PORT);
    return 0;
}

static long fpu_set(void)
{
    return insn_hypercall(__HYPERVISOR_fpu_taskswitch, 1, 0, 0, 0);
}

static long fpu_clear(void)
{
    return insn_hypercall(__HYPERVISOR_fpu_taskswitch, 0, 0, 0, 0);
}

static void ts_off(void) { fpu_clear(); }
static void ts_on(void) { fpu_set(); }

static long base_fs(void)
{
    return insn_hypercall(__HYPERVISOR_set_segment_base, SEGBASE_FS, 0, 0, 0);
}

static long base_gs_user(void)
{
    return insn_hypercall(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, 0, 0,
                          0);
}

static long set_debugreg(void)
{
    return insn_hypercall(__HYPERVISOR_set_debugreg, 0, 0, 0, 0);
}

static long get_debugreg(void)
{
    return insn_hypercall(__HYPERVISOR_get_debugreg, 0, 0, 0, 0);
}

static long stack_switch(void)
{
    return insn_hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
                          (uintptr_t)cpu_self() + STACK_SIZE, 0, 0);
}

static const struct row rows[] = {
    { "rdmsr_efer_trap", .op = rdmsr_efer },
    { "wrmsr_fsbase_trap", .op = wrmsr_fsbase },
    { "cpuid_native", .op = cpuid_native },
    { "cpuid_forced_emulation", .op = cpuid_forced },
    { "read_cr0_trap", .op = read_cr0 },
    { "clts_trap", .op = clts, .before = ts_on },
    { "fpu_taskswitch_set", .op = fpu_set, .before = ts_off },
    { "fpu_taskswitch_clear", .op = fpu_clear, .before = ts_on },
    { "set_segment_base_fs", .op = base_fs },
    { "set_segment_base_gs_user", .op = base_gs_user },
    { "set_debugreg", .op = set_debugreg },
    { "get_debugreg", .op = get_debugreg },
    { "read_dr7_trap", .op = read_dr7 },
    { "stack_switch", .op = stack_switch },
    { "inb_trap", .op = inb },
};

GROUP(privileged, begin, NULL);
