/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unmapping a grant whose entry has changed meanwhile; by itself; one that
 * is seen at two addresses; one by the entry of another.
 */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/trap.h>

#define REF (GRANT_FIRST + 4)

static void touch(void *va) { ++*(volatile uint64_t *)va; }

/* The window's L1 stands in a second entry of its L2: one slot, two VAs. */
static void unmap_at_one_of_two(uint64_t *page, struct gnttab_map_grant_ref *op,
                                struct gnttab_unmap_grant_ref *un)
{
    uint64_t *l2 = pte_walk(scratch_va(0), 2);
    void *alias = (void *)scratch_va(512 + 70);
    struct caught c;

    test_eq("show the window twice", mmu_write(&l2[1], l2[0]), 0);
    hc_grant_table_op(GNTTABOP_map_grant_ref, op, 1);
    test_eq("map", (uint64_t)op->status, GNTST_okay);
    page[0] = 1;
    touch(alias);
    test_eq("it is there at the second address", page[0], 2);
    un->handle = op->handle;
    hc_grant_table_op(GNTTABOP_unmap_grant_ref, un, 1);
    test_eq("unmap", (uint64_t)un->status, GNTST_okay);
    test_ok("it has gone from the second address, too",
            trap_catch(&c, touch, alias) && c.vector == TRAP_PF);
    test_eq("nobody writes to it", page[0], 2);
    test_eq("show the window once", mmu_write(&l2[1], 0), 0);
    mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
}

static int unmap_at(uint32_t handle, uint64_t va)
{
    struct gnttab_unmap_grant_ref un = { .host_addr = va, .handle = handle };

    hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1);
    return un.status;
}

/* The same page, once to write and once to read: which is it that goes? */
static void unmap_the_other(const struct gnttab_map_grant_ref *op)
{
    struct gnttab_map_grant_ref rw = *op, ro = *op;

    ro.host_addr = scratch_va(71);
    ro.flags |= GNTMAP_readonly;
    hc_grant_table_op(GNTTABOP_map_grant_ref, &rw, 1);
    hc_grant_table_op(GNTTABOP_map_grant_ref, &ro, 1);
    test_eq("map to write", (uint64_t)rw.status, GNTST_okay);
    test_eq("map to read", (uint64_t)ro.status, GNTST_okay);
    test_eq("unmap what is written, where it is read",
            (uint64_t)unmap_at(rw.handle, ro.host_addr),
            (uint64_t)GNTST_general_error);
    test_eq("what is read, where it is written",
            (uint64_t)unmap_at(ro.handle, rw.host_addr),
            (uint64_t)GNTST_general_error);
    test_eq("the table's entry says both", grant_entry(REF)->flags,
            GTF_permit_access | GTF_reading | GTF_writing);
    test_eq("each in its place", (uint64_t)unmap_at(rw.handle, rw.host_addr),
            GNTST_okay);
    test_eq("and the other", (uint64_t)unmap_at(ro.handle, ro.host_addr),
            GNTST_okay);
}

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
    unmap_at_one_of_two(page, &op, &un);
    unmap_the_other(&op);
    grant_revoke(REF);
    hc_update_va_mapping(va, 0, UVMF_INVLPG);
    page_free(page);
    page_free(other);
}
