/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A batch so long that it may be interrupted, and a tree with many tables. */
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>

#define REQUESTS 4000
#define TABLES 60

static struct mmu_update reqs[REQUESTS];

static void long_batch(void)
{
    void *page = page_alloc();
    uint32_t done = 0;

    for (unsigned int i = 0; i < REQUESTS; i++) {
        reqs[i].ptr = pte_maddr(&scratch_l1()[100 + i % 2]);
        reqs[i].val = i % 4 < 2 ? pte_of(page, PTE_KERNEL_RW) : 0;
    }
    test_eq("a long batch", hc_mmu_update(reqs, REQUESTS, &done, DOMID_SELF),
            0);
    test_eq("all is done", done, REQUESTS);
    test_eq("the last request counts", scratch_l1()[100], 0);
    reqs[REQUESTS - 1].val = pte_of(mm_l4(), PTE_KERNEL_RW);
    test_refused("its last request",
                 hc_mmu_update(reqs, REQUESTS, &done, DOMID_SELF));
    test_eq("all others are done", done, REQUESTS - 1);
    test_eq("clear the other entry", mmu_write(&scratch_l1()[101], 0), 0);
    page_free(page);
}

static void wide_tree(void)
{
    uint64_t *l2 = page_alloc(), *l1[TABLES];
    void *page = page_alloc();

    for (unsigned int i = 0; i < TABLES; i++) {
        l1[i] = page_alloc();
        for (unsigned int e = 0; e < 512; e++)
            l1[i][e] = pte_of(page, PTE_USER_RO);
        page_protect(l1[i]);
        l2[i] = pte_of(l1[i], PTE_TABLE);
    }
    page_protect(l2);
    test_eq("pin a wide L2", mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l2)), 0);
    test_refused("PT-1: unprotect its last L1", page_unprotect(l1[TABLES - 1]));
    test_eq("unpin it", mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l2)), 0);
    for (unsigned int i = 0; i < TABLES; i++) {
        test_eq("PT-2: an ordinary page", page_unprotect(l1[i]), 0);
        page_free(l1[i]);
    }
    page_unprotect(l2);
    page_free(l2);
    page_free(page);
}

/* One bad entry at the very end: everything before it is undone. */
static void late_failure(void)
{
    uint64_t *l2 = page_alloc(), *l1 = page_alloc();
    void *page = page_alloc();

    for (unsigned int e = 0; e < 511; e++)
        l1[e] = pte_of(page, PTE_USER_RW);
    l1[511] = pte_of(mm_l4(), PTE_KERNEL_RW);
    l2[7] = pte_of(l1, PTE_TABLE);
    page_protect(l1);
    page_protect(l2);
    test_refused("pin, the last entry is bad",
                 mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l2)));
    test_eq("L1 is free", page_unprotect(l1), 0);
    test_eq("L2 is free", page_unprotect(l2), 0);
    test_eq("no writable reference is left", page_protect(page), 0);
    test_eq("so it can be a table", mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page)),
            0);
    mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page));
    page_unprotect(page);
    page_free(l1);
    page_free(l2);
    page_free(page);
}

TEST(batch, "mmu/batch")
{
    long_batch();
    wide_tree();
    late_failure();
}
