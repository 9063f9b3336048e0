/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmu_update: its commands, its errors and the count of what was done. */
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/test.h>

static uint64_t slot(unsigned int i) { return pte_maddr(&scratch_l1()[i]); }

static void several(void)
{
    uint64_t *a = page_alloc(), *b = page_alloc();
    uint32_t done = 99;
    struct mmu_update reqs[] = {
        { slot(2) | MMU_NORMAL_PT_UPDATE, pte_of(a, PTE_KERNEL_RW) },
        { slot(3) | MMU_PT_UPDATE_NO_TRANSLATE, pte_of(b, PTE_KERNEL_RW) },
        { slot(4) | MMU_NORMAL_PT_UPDATE, pte_of(mm_l4(), PTE_KERNEL_RW) },
        { slot(5) | MMU_NORMAL_PT_UPDATE, pte_of(a, PTE_KERNEL_RW) },
    };

    test_refused("third of four", hc_mmu_update(reqs, 4, &done, DOMID_SELF));
    test_eq("two are done", done, 2);
    *(uint64_t *)scratch_va(2) = 22;
    *(uint64_t *)scratch_va(3) = 33;
    test_eq("first works", a[0], 22);
    test_eq("second works", b[0], 33);
    test_eq("fourth was not tried", scratch_l1()[5], 0);
    reqs[0].val = 0;
    reqs[1].val = 0;
    test_eq("clear two", hc_mmu_update(reqs, 2, &done, DOMID_SELF), 0);
    test_eq("done", done, 2);
    test_eq("nothing to do", hc_mmu_update(reqs, 0, &done, DOMID_SELF), 0);
    test_eq("nothing done", done, 0);
    page_free(a);
    page_free(b);
}

static void preserves_ad(void)
{
    uint64_t *page = page_alloc();
    uint64_t bits = PTE_P | PTE_RW;
    struct mmu_update req = { slot(2) | MMU_NORMAL_PT_UPDATE,
                              pte_of(page, PTE_KERNEL_RW) };

    test_eq("set with A and D", hc_mmu_update(&req, 1, NULL, DOMID_SELF), 0);
    req.ptr = slot(2) | MMU_PT_UPDATE_PRESERVE_AD;
    req.val = pte_of(page, bits);
    test_eq("clear them, preserving", hc_mmu_update(&req, 1, NULL, DOMID_SELF),
            0);
    test_eq("they are still set", scratch_l1()[2] & (PTE_A | PTE_D),
            PTE_A | PTE_D);
    req.ptr = slot(2);
    test_eq("clear them", hc_mmu_update(&req, 1, NULL, DOMID_SELF), 0);
    test_eq("now they are not", scratch_l1()[2] & (PTE_A | PTE_D), 0);
    req.val = 0;
    hc_mmu_update(&req, 1, NULL, DOMID_SELF);
    page_free(page);
}

static void plain_page(void)
{
    uint64_t *page = page_alloc();

    test_eq("a word of a page that is no table",
            mmu_write(&page[7], 0xfeedfacecafebeef), 0);
    test_eq("is written as it stands", page[7], 0xfeedfacecafebeef);
    page_free(page);
}

static void refuses(void)
{
    uint64_t *page = page_alloc();
    uint64_t entry = pte_of(page, PTE_KERNEL_RW), stranger = test_stranger();
    uint32_t done;
    struct mmu_update req = { slot(2) | 4, entry };

    test_eq("command 4", hc_mmu_update(&req, 1, &done, DOMID_SELF),
            -XEN_ENOSYS);
    test_eq("L4 slot of the hypervisor",
            mmu_write(&mm_l4()[260], pte_of(page, PTE_TABLE)), -XEN_EINVAL);
    test_eq("requests that are not mapped",
            hc_mmu_update((void *)UNMAPPED, 1, &done, DOMID_SELF), -XEN_EFAULT);
    test_eq("requests inside the hypervisor",
            hc_mmu_update((void *)HV_ADDR, 1, &done, DOMID_SELF), -XEN_EFAULT);
    req.ptr = slot(2);
    test_ok("a domain that does not exist",
            hc_mmu_update(&req, 1, &done, 4242) < 0);
    req.ptr = 0xfffffffffff000;
    test_ok("a table that does not exist",
            hc_mmu_update(&req, 1, &done, DOMID_SELF) < 0);
    test_eq("nothing was done", done, 0);
    if (stranger != ~0ull) {
        req.ptr = stranger << PAGE_SHIFT;
        test_ok("a table of somebody else",
                hc_mmu_update(&req, 1, &done, DOMID_SELF) < 0);
    }
    page_free(page);
}

TEST(mmu_update, "mmu/mmu-update")
{
    several();
    preserves_ad();
    plain_page();
    refuses();
}
