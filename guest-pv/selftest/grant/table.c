/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table itself: size, growth, versions, wrong commands. */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/test.h>

TEST(grant_table, "grant/table")
{
    struct gnttab_query_size size = { .dom = DOMID_SELF };
    struct gnttab_setup_table setup = { .dom = DOMID_SELF };
    struct gnttab_set_version version = { .version = 1 };
    xen_pfn_t frame;

    test_eq("set up the table", (uint64_t)grant_init(), 0);
    test_eq("query_size", hc_grant_table_op(GNTTABOP_query_size, &size, 1), 0);
    test_eq("status", (uint64_t)size.status, GNTST_okay);
    test_ok("frames",
            size.nr_frames >= 1 && size.nr_frames <= size.max_nr_frames);
    set_xen_guest_handle(setup.frame_list, &frame);
    setup.nr_frames = size.max_nr_frames + 1;
    test_eq("setup_table", hc_grant_table_op(GNTTABOP_setup_table, &setup, 1),
            0);
    test_ok("more frames than there may be", setup.status < 0);
    setup.dom = 4242;
    setup.nr_frames = 1;
    hc_grant_table_op(GNTTABOP_setup_table, &setup, 1);
    test_ok("no such domain", setup.status < 0);
    test_eq("version 1", hc_grant_table_op(GNTTABOP_set_version, &version, 1),
            0);
    test_eq("unknown command", hc_grant_table_op(99, &size, 1), -XEN_ENOSYS);
    test_eq("operations that are not mapped",
            hc_grant_table_op(GNTTABOP_query_size, (void *)UNMAPPED, 1),
            -XEN_EFAULT);
    test_eq("no operations",
            hc_grant_table_op(GNTTABOP_map_grant_ref, &size, 0), 0);
}
