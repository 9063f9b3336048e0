/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames in use as tables: not to be given away, granted or overwritten. */
#include <xen/memory.h>
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>

#define REF (GRANT_FIRST + 8)

static void exchange(const void *table)
{
    xen_pfn_t in = mfn_of(table), out = machine_to_phys_mapping[in];
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 1, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .domid = DOMID_SELF },
    };

    set_xen_guest_handle(x.in.extent_start, &in);
    set_xen_guest_handle(x.out.extent_start, &out);
    test_ok("exchange a live table", hc_memory_op(XENMEM_exchange, &x) < 0);
    test_eq("nothing was exchanged", x.nr_exchanged, 0);
}

static struct gnttab_map_grant_ref map(uint64_t where, uint32_t flags)
{
    struct gnttab_map_grant_ref op = { .host_addr = where,
                                       .flags = flags,
                                       .ref = REF,
                                       .dom = (domid_t)test_own_domid() };

    hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);
    return op;
}

static void grants(void *page)
{
    uint64_t va = scratch_va(80);
    struct gnttab_map_grant_ref op;
    struct gnttab_unmap_grant_ref un = { .host_addr = va };

    if (grant_init()) {
        test_fail("no grant table");
        return;
    }
    grant_allow(REF, (domid_t)test_own_domid(), scratch_l1(), 0);
    op = map(va, GNTMAP_host_map);
    test_ok("PT-1: a live L1, granted and mapped writable", op.status < 0);
    test_eq("no trace in the entry", grant_entry(REF)->flags,
            GTF_permit_access);
    op = map(va, GNTMAP_host_map | GNTMAP_readonly);
    test_eq("read-only is possible", (uint64_t)op.status, GNTST_okay);
    un.handle = op.handle;
    hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1);
    test_eq("unmap", (uint64_t)un.status, GNTST_okay);
    grant_allow(REF, (domid_t)test_own_domid(), page, 0);
    op = map(pte_maddr(page), GNTMAP_host_map | GNTMAP_contains_pte);
    test_ok("an entry that is not in an L1", op.status < 0);
    op = map(pte_maddr(&mm_l4()[300]), GNTMAP_host_map | GNTMAP_contains_pte);
    test_ok("an entry of an L4", op.status < 0);
    grant_revoke(REF);
}

TEST(frames, "refuse/frames")
{
    uint64_t *page = page_alloc();

    exchange(scratch_l1());
    exchange(mm_l4());
    exchange(page); /* mapped, so in use */
    grants(page);
    test_eq("it is an ordinary page still", page_protect(page), 0);
    test_eq("and can be a table", mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page)), 0);
    mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page));
    page_unprotect(page);
    page_free(page);
}
