/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benchmarks: faults of the kernel, bounced back or emulated. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/trap.h>
#include "bench.h"

#define SLOT 40

static uint64_t *entry;
static uint64_t where, value;

static void begin(void)
{
    hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    entry = scratch_l1() + SLOT;
    where = scratch_va(SLOT);
    value = pte_of(bench_frame(0), PTE_KERNEL_RW);
    bench_pte = value;
    bench_gate(TRAP_BP, bench_iret);
    bench_gate(TRAP_UD, bench_iret_skip2);
    bench_gate(TRAP_NM, bench_iret);
}

static void end(void) { trap_init(); }

static void unmap(void)
{
    bench_must("unmap", hc_update_va_mapping(where, 0, UVMF_INVLPG), 0);
}

static long store(void)
{
    *(volatile uint64_t *)entry = value;
    return 0;
}

static long cmpxchg(void) { return !insn_cmpxchg(entry, 0, value); }

static long touch(void)
{
    insn_touch(where);
    return 0;
}

static void skips(void) { bench_gate(TRAP_PF, bench_pf_skip3); }
static void maps(void) { bench_gate(TRAP_PF, bench_pf_map); }

static long int3(void)
{
    insn_int3();
    return 0;
}

static long ud2(void)
{
    insn_ud2();
    return 0;
}

static long fpu(void)
{
    insn_hypercall(__HYPERVISOR_fpu_taskswitch, 1, 0, 0, 0);
    insn_fninit();
    return 0;
}

static const struct row rows[] = {
    { "wrpt_store", .op = store, .after = unmap },
    { "wrpt_cmpxchg", .op = cmpxchg, .after = unmap },
    { "pf_kernel_skip", .op = touch, .before = skips },
    { "pf_kernel_demand_map", .op = touch, .before = maps, .after = unmap },
    { "int3_roundtrip", .op = int3 },
    { "ud2_roundtrip", .op = ud2 },
    { "fpu_ts_and_nm_roundtrip", .op = fpu },
};

GROUP(trap, begin, end);
