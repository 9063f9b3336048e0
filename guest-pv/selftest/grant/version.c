/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Version 2 of the grant table: there, its entries and marks, and back. */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/string.h>
#include <pv/test.h>

#define REF (GRANT_FIRST + 8)
#define WINDOW 76

static domid_t self;

static long set_version(uint32_t version)
{
    struct gnttab_set_version op = { .version = version };

    return hc_grant_table_op(GNTTABOP_set_version, &op, 1);
}

static uint32_t get_version(void)
{
    struct gnttab_get_version op = { .dom = DOMID_SELF };

    test_eq("get_version", hc_grant_table_op(GNTTABOP_get_version, &op, 1), 0);
    return op.version;
}

static volatile union grant_entry_v2 *entry(void)
{
    return (volatile union grant_entry_v2 *)grant_entry(0) + REF;
}

static void allow(const void *page, uint16_t flags)
{
    entry()->full_page.hdr.domid = self;
    entry()->full_page.frame = mfn_of(page);
    entry()->full_page.hdr.flags = GTF_permit_access | flags;
}

/* The marks of REF, in the first status page. */
static volatile grant_status_t *status_map(void)
{
    uint64_t frame = 0;
    struct gnttab_get_status_frames op = { .nr_frames = 1, .dom = DOMID_SELF };

    set_xen_guest_handle(op.frame_list, &frame);
    test_eq("get_status_frames",
            hc_grant_table_op(GNTTABOP_get_status_frames, &op, 1), 0);
    test_eq("its status", (uint64_t)op.status, GNTST_okay);
    test_eq("map the marks",
            hc_update_va_mapping(scratch_va(WINDOW + 1),
                                 frame << PAGE_SHIFT | PTE_KERNEL_RW,
                                 UVMF_INVLPG),
            0);
    op.nr_frames = 1000000;
    hc_grant_table_op(GNTTABOP_get_status_frames, &op, 1);
    test_ok("more than there are", op.status < 0);
    return (volatile grant_status_t *)scratch_va(WINDOW + 1) + REF;
}

static int map(uint32_t *handle)
{
    struct gnttab_map_grant_ref op = { .host_addr = scratch_va(WINDOW),
                                       .flags = GNTMAP_host_map,
                                       .ref = REF,
                                       .dom = self };

    test_eq("map", hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 1), 0);
    *handle = op.handle;
    return op.status;
}

static int unmap(uint32_t handle)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = scratch_va(WINDOW),
                                         .handle = handle };

    test_eq("unmap", hc_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
    return op.status;
}

static int copy(const void *to, uint16_t from, uint16_t len)
{
    struct gnttab_copy op = {
        .source = { .u.ref = REF, .domid = self, .offset = from },
        .dest = { .u.gmfn = mfn_of(to), .domid = DOMID_SELF },
        .len = len,
        .flags = GNTCOPY_source_gref,
    };

    test_eq("copy", hc_grant_table_op(GNTTABOP_copy, &op, 1), 0);
    return op.status;
}

static void pages(uint64_t *page, volatile grant_status_t *marks)
{
    uint32_t handle;

    page[0] = 1234;
    allow(page, 0);
    test_eq("map a page", (uint64_t)map(&handle), GNTST_okay);
    test_eq("it shows", *(volatile uint64_t *)scratch_va(WINDOW), 1234);
    test_eq("the marks say so", *marks, GTF_reading | GTF_writing);
    test_eq("the entry does not", entry()->hdr.flags, GTF_permit_access);
    test_eq("no change of version now", set_version(1), -XEN_EBUSY);
    test_eq("unmap", (uint64_t)unmap(handle), GNTST_okay);
    test_eq("the marks are gone", *marks, 0);
    allow(page, GTF_readonly);
    test_ok("writable, granted read-only", map(&handle) < 0);
    entry()->hdr.flags = 0;
    test_ok("not granted", map(&handle) < 0);
    test_eq("no mark is left", *marks, 0);
}

static void parts(uint8_t *page, uint8_t *to, volatile grant_status_t *marks)
{
    uint32_t handle;

    memset(page, 5, PAGE_SIZE);
    memset(to, 0, PAGE_SIZE);
    entry()->sub_page.page_off = 100;
    entry()->sub_page.length = 50;
    entry()->sub_page.frame = mfn_of(page);
    entry()->hdr.domid = self;
    entry()->hdr.flags = GTF_permit_access | GTF_sub_page;
    test_eq("copy the part", (uint64_t)copy(to, 100, 50), GNTST_okay);
    test_ok("it arrives", to[0] == 5 && to[49] == 5 && !to[50]);
    test_ok("a byte before it", copy(to, 99, 1) < 0);
    test_ok("a byte behind it", copy(to, 149, 2) < 0);
    test_ok("a part cannot be mapped", map(&handle) < 0);
    test_eq("no mark is left", *marks, 0);
    entry()->hdr.flags = 0;
}

TEST(grant_version, "grant/version")
{
    uint8_t *page = page_alloc(), *other = page_alloc();
    volatile grant_status_t *marks;

    if (grant_init())
        test_skip("no grant table");
    self = (domid_t)test_own_domid();
    test_eq("version 0", set_version(0), -XEN_EINVAL);
    test_eq("version 3", set_version(3), -XEN_EINVAL);
    test_eq("it begins as 1", get_version(), 1);
    if (set_version(2) == -XEN_ENOSYS)
        test_skip("this domain may not have version 2");
    test_eq("now it is 2", get_version(), 2);
    marks = status_map();
    pages((uint64_t *)page, marks);
    parts(page, other, marks);
    hc_update_va_mapping(scratch_va(WINDOW + 1), 0, UVMF_INVLPG);
    test_eq("and back", set_version(1), 0);
    test_eq("now it is 1", get_version(), 1);
    test_eq("the entries are cleared", grant_entry(REF)->flags, 0);
    page_free(page);
    page_free(other);
}
