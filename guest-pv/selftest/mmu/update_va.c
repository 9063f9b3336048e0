/* SPDX-License-Identifier: GPL-2.0-or-later */
/* update_va_mapping: what may be mapped where, and what each refusal says. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/test.h>

static void maps_and_unmaps(void)
{
    volatile uint64_t *window = (uint64_t *)scratch_va(0);
    uint64_t *page = page_alloc();

    test_eq("map a page of ours",
            hc_update_va_mapping(scratch_va(0), pte_of(page, PTE_KERNEL_RW),
                                 UVMF_INVLPG),
            0);
    *window = 0x1122334455667788;
    test_eq("written through the window", page[0], 0x1122334455667788);
    test_eq("make it read-only",
            hc_update_va_mapping(scratch_va(0), pte_of(page, PTE_KERNEL_RO),
                                 UVMF_TLB_FLUSH | UVMF_ALL),
            0);
    test_eq("and read it", *window, 0x1122334455667788);
    test_eq("the entry as the guest reads it",
            *pte_walk(scratch_va(0), 1) & (PTE_MFN_MASK | PTE_P | PTE_RW),
            pte_of(page, PTE_P));
    test_eq("unmap", hc_update_va_mapping(scratch_va(0), 0, UVMF_INVLPG), 0);
    test_eq("entry is empty", *pte_walk(scratch_va(0), 1), 0);
    page_free(page);
}

static void refuses(void)
{
    uint64_t va = scratch_va(1), stranger = test_stranger();
    uint64_t *page = page_alloc();
    const struct {
        const char *why;
        uint64_t va, pte;
        long rc;
    } cases[] = {
        { "live L1, read-only", va, pte_of(scratch_l1(), PTE_KERNEL_RO), 0 },
        { "global bit", va, pte_of(page, PTE_KERNEL_RW | PTE_G), 0 },
        { "not present: any bits", va, 0x123456789abcdef0, 0 },
        { "no L1 at this address", UNMAPPED, pte_of(page, PTE_KERNEL_RW),
          -XEN_EINVAL },
        { "address of the hypervisor", HV_ADDR, pte_of(page, PTE_KERNEL_RW),
          -XEN_EINVAL },
        { "address without an L3", 0x7fffff000000, 0, -XEN_EINVAL },
        { "address that is not canonical", NON_CANONICAL, 0, -XEN_EINVAL },
        { "available bits", va,
          pte_of(page, PTE_KERNEL_RW | 7 * PTE_AVAIL0 | PTE_NX), 0 },
        { "empty", va, 0, 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        test_eq(cases[i].why,
                hc_update_va_mapping(cases[i].va, cases[i].pte, UVMF_INVLPG),
                cases[i].rc);
    test_refused(
        "PT-1: live L1, writable",
        hc_update_va_mapping(va, pte_of(scratch_l1(), PTE_KERNEL_RW), 0));
    test_refused("PT-1: live L4, writable",
                 hc_update_va_mapping(va, pte_of(mm_l4(), PTE_KERNEL_RW), 0));
    if (stranger != ~0ull) {
        test_ok("a frame of somebody else",
                hc_update_va_mapping(va, stranger << PAGE_SHIFT | PTE_KERNEL_RO,
                                     0) < 0);
        test_eq("left no entry", *pte_walk(va, 1), 0);
    }
    page_free(page);
}

TEST(update_va, "mmu/update-va")
{
    maps_and_unmaps();
    refuses();
}
