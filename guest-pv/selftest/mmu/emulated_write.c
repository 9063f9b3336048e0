/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Native writes to a live L1 that is mapped read-only: emulated. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/trap.h>

#define SLOT 40

static volatile uint64_t *entry;
static uint64_t *page;

static void stores(void)
{
    uint64_t want = pte_of(page, PTE_KERNEL_RW), old;

    *entry = want;
    *(volatile uint64_t *)scratch_va(SLOT) = 11;
    test_eq("mov of 8 bytes", page[0], 11);
    old = insn_xchg((uint64_t *)entry, 0);
    test_eq("xchg gives the old entry", old & PTE_MFN_MASK,
            want & PTE_MFN_MASK);
    test_eq("xchg sets the new", *entry, 0);
    test_ok("cmpxchg that matches",
            insn_cmpxchg((uint64_t *)entry, 0, pte_of(page, PTE_KERNEL_RW)));
    old = *entry;
    test_ok("cmpxchg that does not match",
            !insn_cmpxchg((uint64_t *)entry, 0, 0));
    test_eq("changes nothing", *entry, old);
    insn_lock_and8((uint8_t *)entry, (uint8_t)~PTE_RW);
    test_eq("lock and of a byte clears RW", *entry & PTE_RW, 0);
    insn_lock_or8((uint8_t *)entry, PTE_RW);
    test_eq("lock or of a byte sets RW", *entry & PTE_RW, PTE_RW);
    test_ok("lock btr of A", insn_lock_btr((uint64_t *)entry, 5));
    test_eq("clears A", *entry & PTE_A, 0);
    test_ok("lock bts of A", !insn_lock_bts((uint64_t *)entry, 5));
    test_eq("sets A", *entry & PTE_A, PTE_A);
    *(volatile uint32_t *)entry = (uint32_t)(pte_of(page, PTE_KERNEL_RO));
    test_eq("mov of 4 bytes", *entry & (PTE_P | PTE_RW), PTE_P);
    *(volatile uint16_t *)entry = (uint16_t)*entry | PTE_A | PTE_D;
    test_eq("mov of 2 bytes", *entry & (PTE_A | PTE_D), PTE_A | PTE_D);
    *entry = 0;
}

static void write_word(void *value) { *entry = *(uint64_t *)value; }

static void write_across(void *arg)
{
    (void)arg;
    *(volatile uint64_t *)((uintptr_t)entry + 4) = 0;
}

static void write_l4(void *arg)
{
    (void)arg;
    *(volatile uint64_t *)&mm_l4()[300] = 0;
}

static void refused(void)
{
    uint64_t bad = pte_of(mm_l4(), PTE_KERNEL_RW);
    struct caught c;

    test_ok("PT-1: a writable mapping of an L4",
            trap_catch(&c, write_word, &bad));
    test_eq("is a page fault", c.vector, TRAP_PF);
    test_eq("on a present page, writing", c.error & 7, 3);
    test_eq("at the entry", c.cr2, (uintptr_t)entry);
    test_eq("that stays empty", *entry, 0);
    test_ok("a write across two entries", trap_catch(&c, write_across, NULL));
    test_eq("is a page fault", c.vector, TRAP_PF);
    test_ok("a write to a live L4", trap_catch(&c, write_l4, NULL));
    test_eq("is a page fault", c.vector, TRAP_PF);
}

TEST(emulated_write, "mmu/emulated-write")
{
    hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    entry = &scratch_l1()[SLOT];
    page = page_alloc();
    stores();
    refused();
    page_free(page);
}
