/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benchmarks: entries of L1 tables, by address and by machine address. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include "bench.h"

static uint64_t one, other; /* entries for two frames */
static struct multicall_entry calls[BATCH];
static struct mmu_update updates[BATCH];

static void begin(void)
{
    one = pte_of(bench_frame(0), PTE_KERNEL_RW);
    other = pte_of(bench_frame(1), PTE_KERNEL_RW);
}

static long update(uint64_t va, uint64_t pte, uint64_t flags)
{
    return insn_hypercall(__HYPERVISOR_update_va_mapping, va, pte, flags, 0);
}

static long uvm_map(void) { return update(scratch_va(0), one, 0); }
static long uvm_unmap(void) { return update(scratch_va(0), 0, 0); }

static long uvm_unmap_invlpg(void)
{
    return update(scratch_va(0), 0, UVMF_INVLPG);
}

static long uvm_unmap_invlpg_all(void)
{
    return update(scratch_va(0), 0, UVMF_INVLPG | UVMF_ALL);
}

static long uvm_unmap_flush(void)
{
    return update(scratch_va(0), 0, UVMF_TLB_FLUSH);
}

static long uvm_remap_invlpg(void)
{
    return update(scratch_va(0), other, UVMF_INVLPG);
}

static void is_empty(void) { bench_must("unmap", uvm_unmap_flush(), 0); }
static void is_mapped(void) { bench_must("map", uvm_map(), 0); }

static void prepare_calls(void)
{
    for (unsigned int i = 0; i < BATCH; i++)
        calls[i] = (struct multicall_entry){
            .op = __HYPERVISOR_update_va_mapping,
            .args = { scratch_va(i), pte_of(bench_frame(i), PTE_KERNEL_RW), 0 },
        };
}

static long multicall(void)
{
    return insn_hypercall(__HYPERVISOR_multicall, (uintptr_t)calls, BATCH, 0,
                          0);
}

static void check_calls(void)
{
    for (unsigned int i = 0; i < BATCH; i++) {
        bench_must("a call of the batch", (long)calls[i].result, 0);
        bench_must("unmap", update(scratch_va(i), 0, UVMF_INVLPG), 0);
    }
}

static void fill_updates(int present)
{
    for (unsigned int i = 0; i < BATCH; i++) {
        updates[i].ptr = pte_maddr(scratch_l1() + i) | MMU_NORMAL_PT_UPDATE;
        updates[i].val = present ? pte_of(bench_frame(i), PTE_KERNEL_RW) : 0;
    }
}

static long apply(unsigned int count)
{
    return insn_hypercall(__HYPERVISOR_mmu_update, (uintptr_t)updates, count, 0,
                          DOMID_SELF);
}

static long apply_1(void) { return apply(1); }
static long apply_32(void) { return apply(BATCH); }
static void to_map(void) { fill_updates(1); }

static void unmap_all(void)
{
    fill_updates(0);
    bench_must("unmap", apply_32(), 0);
}

static void to_unmap(void)
{
    to_map();
    bench_must("map", apply_32(), 0);
    fill_updates(0);
}

/* clang-format off */
static const struct row rows[] = {
    { "uvm_map", .op = uvm_map, .after = is_empty },
    { "uvm_unmap", .op = uvm_unmap, .before = is_mapped, .after = is_empty },
    { "uvm_unmap_invlpg", .op = uvm_unmap_invlpg, .before = is_mapped },
    { "uvm_unmap_invlpg_all", .op = uvm_unmap_invlpg_all, .before = is_mapped },
    { "uvm_unmap_flush", .op = uvm_unmap_flush, .before = is_mapped },
    { "uvm_remap_invlpg", .op = uvm_remap_invlpg, .before = is_mapped, .after = is_empty },
    { "multicall_32_uvm", .op = multicall, .before = prepare_calls, .after = check_calls },
    { "mmu_update_1_map", .op = apply_1, .before = to_map, .after = unmap_all },
    { "mmu_update_1_unmap", .op = apply_1, .before = to_unmap, .after = unmap_all },
    { "mmu_update_32_map", .op = apply_32, .before = to_map, .after = unmap_all },
    { "mmu_update_32_unmap", .op = apply_32, .before = to_unmap, .after = unmap_all },
};
/* clang-format on */

GROUP(map, begin, NULL);
