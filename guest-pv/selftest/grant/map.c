/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grants mapped by the domain that gave them: by address and by entry. */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>

#define REF GRANT_FIRST
#define WINDOW 64

static unsigned int self;

static struct gnttab_map_grant_ref map(grant_ref_t ref, uint64_t where,
                                       uint32_t flags)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = where, .flags = flags, .ref = ref, .dom = (domid_t)self
    };

    test_eq("map_grant_ref", hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 1),
            0);
    return op;
}

static int unmap(uint64_t where, uint32_t handle)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = where, .handle = handle };

    test_eq("unmap_grant_ref",
            hc_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
    return op.status;
}

static void by_address(uint64_t *page)
{
    uint64_t va = scratch_va(WINDOW);
    struct gnttab_map_grant_ref op;

    page[0] = 31337;
    grant_allow(REF, (domid_t)self, page, 0);
    op = map(REF, va, GNTMAP_host_map);
    test_eq("map", (uint64_t)op.status, GNTST_okay);
    test_eq("bus address", op.dev_bus_addr, mfn_of(page) << PAGE_SHIFT);
    test_eq("the page shows", *(volatile uint64_t *)va, 31337);
    *(volatile uint64_t *)va = 4;
    test_eq("and can be written", page[0], 4);
    test_eq("entry says so", grant_entry(REF)->flags,
            GTF_permit_access | GTF_reading | GTF_writing);
    test_refused("PT-1: a page table of it",
                 page_protect(page)
                     ? -XEN_EINVAL
                     : mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page)));
    page_unprotect(page);
    test_eq("unmap", (uint64_t)unmap(va, op.handle), GNTST_okay);
    test_eq("entry says so", grant_entry(REF)->flags, GTF_permit_access);
    test_eq("entry of the table is empty", *pte_walk(va, 1), 0);
    test_eq("unmap twice", (uint64_t)unmap(va, op.handle),
            (uint64_t)GNTST_bad_handle);
}

static void by_entry(uint64_t *page)
{
    uint64_t *entry = &scratch_l1()[WINDOW + 1];
    struct gnttab_map_grant_ref op;

    page[0] = 99;
    op = map(REF, pte_maddr(entry), GNTMAP_host_map | GNTMAP_contains_pte);
    test_eq("map by entry", (uint64_t)op.status, GNTST_okay);
    test_eq("the page shows", *(volatile uint64_t *)scratch_va(WINDOW + 1), 99);
    test_eq("unmap by entry", (uint64_t)unmap(pte_maddr(entry), op.handle),
            GNTST_okay);
    test_eq("entry is empty", *entry, 0);
}

static void read_only(uint64_t *page)
{
    uint64_t va = scratch_va(WINDOW);
    struct gnttab_map_grant_ref op;

    grant_allow(REF, (domid_t)self, page, GTF_readonly);
    op = map(REF, va, GNTMAP_host_map);
    test_ok("writable, granted read-only", op.status < 0);
    op = map(REF, va, GNTMAP_host_map | GNTMAP_readonly);
    test_eq("read-only", (uint64_t)op.status, GNTST_okay);
    test_eq("the entry is not writable", *pte_walk(va, 1) & PTE_RW, 0);
    test_eq("table entry: reading", grant_entry(REF)->flags,
            GTF_permit_access | GTF_readonly | GTF_reading);
    test_eq("unmap", (uint64_t)unmap(va, op.handle), GNTST_okay);
}

static void refused(uint64_t *page)
{
    uint64_t va = scratch_va(WINDOW);
    uint32_t h = GNTMAP_host_map;

    grant_revoke(REF);
    test_eq("not granted", (uint64_t)map(REF, va, h).status,
            (uint64_t)GNTST_general_error);
    grant_allow(REF, 4242, page, 0);
    test_ok("granted to another", map(REF, va, h).status < 0);
    grant_allow(REF, (domid_t)self, page, 0);
    test_eq("entry beyond the table", (uint64_t)map(1000000, va, h).status,
            (uint64_t)GNTST_bad_gntref);
    test_ok("no L1 there", map(REF, UNMAPPED, h).status < 0);
    test_ok("inside the hypervisor", map(REF, HV_ADDR, h).status < 0);
    test_ok("neither host nor device", map(REF, va, 0).status < 0);
    self = 4242;
    test_eq("no such domain", (uint64_t)map(REF, va, h).status,
            (uint64_t)GNTST_bad_domain);
    self = test_own_domid();
    test_eq("no such handle", (uint64_t)unmap(va, 0x7fffffff),
            (uint64_t)GNTST_bad_handle);
    test_eq("no trace in the entry", grant_entry(REF)->flags,
            GTF_permit_access);
    grant_revoke(REF);
}

TEST(grant_map, "grant/map")
{
    uint64_t *page = page_alloc();
    long rc = grant_init();

    self = test_own_domid();
    test_eq("set up the table", (uint64_t)rc, 0);
    if (rc)
        return;
    by_address(page);
    by_entry(page);
    read_only(page);
    refused(page);
    page_free(page);
}
