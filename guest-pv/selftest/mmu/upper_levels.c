/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of L2, L3 and L4 tables in use. */
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>

TEST(upper_levels, "mmu/upper-levels")
{
    uint64_t *l2 = pte_walk(scratch_va(0), 2), *l3 = pte_walk(scratch_va(0), 3);
    uint64_t *l1 = page_alloc(), *page = page_alloc();

    l1[9] = pte_of(page, PTE_KERNEL_RW);
    test_eq("PT-1: an L1 that is mapped writable",
            mmu_write(&l2[1], pte_of(l1, PTE_TABLE)), -XEN_EINVAL);
    test_eq("protect it", page_protect(l1), 0);
    test_eq("2 MiB page", mmu_write(&l2[1], pte_of(l1, PTE_TABLE | PTE_PSE)),
            -XEN_EINVAL);
    test_eq("1 GiB page", mmu_write(&l3[-2], pte_of(l1, PTE_TABLE | PTE_PSE)),
            -XEN_EINVAL);
    test_eq("an L2 as an L1", mmu_write(&l2[1], pte_of(l2, PTE_TABLE)),
            -XEN_EINVAL);
    test_eq("a cache attribute in an L2",
            mmu_write(&l2[1], pte_of(l1, PTE_TABLE | PTE_PCD)), -XEN_EINVAL);
    test_eq("now as an L1", mmu_write(&l2[1], pte_of(l1, PTE_TABLE)), 0);
    *(uint64_t *)scratch_va(512 + 9) = 77;
    test_eq("its entry works", page[0], 77);
    test_refused("PT-1: unprotect it", page_unprotect(l1));
    test_eq("an L1 as an L2",
            mmu_write(pte_walk(UNMAPPED, 4), pte_of(l1, PTE_TABLE)),
            -XEN_EINVAL);
    test_eq("take it out", mmu_write(&l2[1], 0), 0);
    mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
    test_eq("PT-2: and it is an ordinary page", page_unprotect(l1), 0);
    page_free(l1);
    page_free(page);
}
