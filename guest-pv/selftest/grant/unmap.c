/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unmapping a grant whose entry has changed meanwhile; and by itself. */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>

#define REF (GRANT_FIRST + 4)

TEST(grant_unmap, "grant/unmap")
{
    uint64_t *page = page_alloc(), *other = page_alloc();
    uint64_t va = scratch_va(70);
    struct gnttab_map_grant_ref op = { .host_addr = va,
                                       .flags = GNTMAP_host_map,
                                       .ref = REF };
    struct gnttab_unmap_grant_ref un = { .host_addr = va };

    if (grant_init())
        test_skip("no grant table");
    op.dom = (domid_t)test_own_domid();
    grant_allow(REF, op.dom, page, 0);
    hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);
    test_eq("map", (uint64_t)op.status, GNTST_okay);
    un.handle = op.handle;
    test_eq("map another page there",
            hc_update_va_mapping(va, pte_of(other, PTE_KERNEL_RW), UVMF_INVLPG),
            0);
    hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1);
    test_eq("unmap, another page is there", (uint64_t)un.status,
            (uint64_t)GNTST_general_error);
    *(volatile uint64_t *)va = 8;
    test_eq("which stays mapped", other[0], 8);
    hc_update_va_mapping(va, pte_of(page, PTE_KERNEL_RW), UVMF_INVLPG);
    hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1);
    test_eq("unmap, the page is there again", (uint64_t)un.status, GNTST_okay);
    test_eq("the table's entry is free", grant_entry(REF)->flags,
            GTF_permit_access);
    grant_revoke(REF);
    hc_update_va_mapping(va, 0, UVMF_INVLPG);
    page_free(page);
    page_free(other);
}
