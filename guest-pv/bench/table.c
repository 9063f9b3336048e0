/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benchmarks: whole page tables, base pointers, what a kernel switches. */
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/user.h>
#include "bench.h"

#define TREE_L1 8

/* Slots 256 to 271 of an L4 are the hypervisor's. */
#define HV_SLOT 256
#define NR_HV_SLOTS 16

#define DATA_DPL3 0x00cff2000000ffffull

static uint64_t *empty_l1, *full_l1, *tree, *second_l4, *second_user_l4, *gdt;
static struct mmu_update l2_update;
static struct multicall_entry calls[7];

static uint64_t *build_tree(void)
{
    uint64_t *l4 = page_alloc(), *l3 = page_alloc(), *l2 = page_alloc();

    for (unsigned int i = 0; i < TREE_L1; i++)
        l2[i] = pte_of(bench_full_l1(), PTE_TABLE);
    l3[0] = pte_of(l2, PTE_TABLE);
    l4[0] = pte_of(l3, PTE_TABLE);
    page_protect(l2);
    page_protect(l3);
    page_protect(l4);
    return l4;
}

static uint64_t *copy_l4(const uint64_t *l4)
{
    uint64_t *copy = page_alloc();

    for (unsigned int i = 0; i < 512; i++)
        if (i < HV_SLOT || i >= HV_SLOT + NR_HV_SLOTS)
            copy[i] = l4[i];
    page_protect(copy);
    bench_must("pin an L4", mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(copy)), 0);
    return copy;
}

static void set_gdt(void)
{
    xen_pfn_t frame;

    gdt = page_alloc();
    frame = mfn_of(gdt);
    page_protect(gdt);
    bench_must("set_gdt", hc_set_gdt(&frame, 512), 0);
}

static void begin(void)
{
    uint64_t *user_l4 = page_alloc();

    empty_l1 = bench_page_table(user_l4);
    full_l1 = bench_full_l1();
    tree = build_tree();
    second_l4 = copy_l4(mm_l4());
    user_l4[0] = mm_l4()[0]; /* as user_init() made it */
    page_protect(user_l4);
    bench_must("pin", mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(user_l4)), 0);
    second_user_l4 = user_l4;
    set_gdt();
}

static long update_l2(void)
{
    return insn_hypercall(__HYPERVISOR_mmu_update, (uintptr_t)&l2_update, 1, 0,
                          DOMID_SELF);
}

static void l2_will_be(uint64_t value)
{
    uint64_t *slot = pte_walk(scratch_va(0), 2) + 1;

    l2_update.ptr = pte_maddr(slot) | MMU_NORMAL_PT_UPDATE;
    l2_update.val = value;
}

static void to_set(void) { l2_will_be(pte_of(full_l1, PTE_TABLE)); }

static void to_clear(void)
{
    to_set();
    bench_must("set an L2 entry", update_l2(), 0);
    l2_will_be(0);
}

static void clear_l2(void)
{
    l2_will_be(0);
    bench_must("clear an L2 entry", update_l2(), 0);
}

static struct mmuext_op op;

static long ext(void)
{
    return insn_hypercall(__HYPERVISOR_mmuext_op, (uintptr_t)&op, 1, 0,
                          DOMID_SELF);
}

static void op_is(unsigned int cmd, uint64_t arg)
{
    op.cmd = cmd;
    op.arg1.mfn = arg;
}

static void invlpg_local(void) { op_is(MMUEXT_INVLPG_LOCAL, scratch_va(0)); }
static void flush_local(void) { op_is(MMUEXT_TLB_FLUSH_LOCAL, 0); }
static void flush_all(void) { op_is(MMUEXT_TLB_FLUSH_ALL, 0); }

static void clear_page(void)
{
    op_is(MMUEXT_CLEAR_PAGE, mfn_of(bench_frame(0)));
}

/* What is pinned in one row is unpinned in the next; and undone after. */
static void pin_empty(void) { op_is(MMUEXT_PIN_L1_TABLE, mfn_of(empty_l1)); }
static void pin_full(void) { op_is(MMUEXT_PIN_L1_TABLE, mfn_of(full_l1)); }
static void pin_tree(void) { op_is(MMUEXT_PIN_L4_TABLE, mfn_of(tree)); }

static void unpin(void)
{
    op.cmd = MMUEXT_UNPIN_TABLE;
    bench_must("unpin", ext(), 0);
}

static void to_unpin(void (*pin)(void))
{
    pin();
    bench_must("pin", ext(), 0);
    op.cmd = MMUEXT_UNPIN_TABLE;
}

static void unpin_empty(void) { to_unpin(pin_empty); }
static void unpin_full(void) { to_unpin(pin_full); }
static void unpin_tree(void) { to_unpin(pin_tree); }

static void to_second(void) { op_is(MMUEXT_NEW_BASEPTR, mfn_of(second_l4)); }

static void to_second_user(void)
{
    op_is(MMUEXT_NEW_USER_BASEPTR, mfn_of(second_user_l4));
}

static void first_tables(void)
{
    bench_must("old L4", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(mm_l4())), 0);
    bench_must("old user L4", mmuext(MMUEXT_NEW_USER_BASEPTR, user_l4_mfn()),
               0);
}

static void fill_switch(void)
{
    static struct mmuext_op base, user;
    uint64_t ma = mfn_of(gdt) << PAGE_SHIFT;
    uint64_t top = (uintptr_t)cpu_self() + STACK_SIZE;

    base.cmd = MMUEXT_NEW_BASEPTR;
    base.arg1.mfn = mfn_of(second_l4);
    user.cmd = MMUEXT_NEW_USER_BASEPTR;
    user.arg1.mfn = mfn_of(second_user_l4);
    calls[0] = (struct multicall_entry){ __HYPERVISOR_stack_switch,
                                         0,
                                         { FLAT_KERNEL_SS, top } };
    for (unsigned int i = 0; i < 3; i++)
        calls[1 + i] = (struct multicall_entry){ __HYPERVISOR_update_descriptor,
                                                 0,
                                                 { ma + 8 * i, DATA_DPL3 } };
    calls[4] =
        (struct multicall_entry){ __HYPERVISOR_fpu_taskswitch, 0, { 1 } };
    calls[5] = (struct multicall_entry){
        __HYPERVISOR_mmuext_op, 0, { (uintptr_t)&base, 1, 0, DOMID_SELF }
    };
    calls[6] = (struct multicall_entry){
        __HYPERVISOR_mmuext_op, 0, { (uintptr_t)&user, 1, 0, DOMID_SELF }
    };
}

static long context_switch(void)
{
    return insn_hypercall(__HYPERVISOR_multicall, (uintptr_t)calls, 7, 0, 0);
}

static void after_switch(void)
{
    for (unsigned int i = 0; i < 7; i++)
        bench_must("a call of the switch", (long)calls[i].result, 0);
    first_tables();
    hc_fpu_taskswitch(0);
}

static long update_descriptor(void)
{
    return insn_hypercall(__HYPERVISOR_update_descriptor, op.arg1.mfn,
                          DATA_DPL3, 0, 0);
}

static void descriptor(void) { op.arg1.mfn = mfn_of(gdt) << PAGE_SHIFT; }

/* clang-format off */
static const struct row rows[] = {
    { "mmu_update_l2_clear_full_l1", .op = update_l2, .before = to_clear },
    { "mmu_update_l2_set_full_l1", .op = update_l2, .before = to_set, .after = clear_l2 },
    { "mmuext_invlpg_local", .op = ext, .before = invlpg_local },
    { "mmuext_flush_local", .op = ext, .before = flush_local },
    { "mmuext_flush_all", .op = ext, .before = flush_all },
    { "mmuext_clear_page", .op = ext, .before = clear_page },
    { "pin_l1_empty", .op = ext, .before = pin_empty, .after = unpin },
    { "unpin_l1_empty", .op = ext, .before = unpin_empty },
    { "pin_l1_512", .op = ext, .before = pin_full, .after = unpin },
    { "unpin_l1_512", .op = ext, .before = unpin_full },
    { "pin_l4_tree_8x512", .op = ext, .before = pin_tree, .after = unpin },
    { "unpin_l4_tree_8x512", .op = ext, .before = unpin_tree },
    { "new_baseptr", .op = ext, .before = to_second, .after = first_tables },
    { "new_user_baseptr", .op = ext, .before = to_second_user, .after = first_tables },
    { "context_switch_multicall", .op = context_switch,
      .before = fill_switch, .after = after_switch },
    { "update_descriptor", .op = update_descriptor, .before = descriptor },
};
/* clang-format on */

GROUP(table, begin, NULL);
