/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grant tables through their hypercall, version 1. */
#include "domains.h"

static void map_marks_and_unmap_clears(void **state)
{
    struct gnttab_map_grant_ref op;

    (void)state;
    grant(8, 5, 0);
    op = map(8, 0, GNTMAP_host_map);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(op.dev_bus_addr, 5 << PAGE_SHIFT);
    assert_true(slots[0].present && slots[0].m == 5);
    assert_int_equal(entry(OWNER, 8)->flags,
                     GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(frames[5].refs, 1);
    assert_int_equal(frames[5].writable, 1);

    assert_int_equal(unmap(op.handle, 0), GNTST_okay);
    assert_false(slots[0].present);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access);
    assert_int_equal(flushes, 1);
    assert_int_equal(unmap(op.handle, 0), GNTST_bad_handle);
}

static void readers_and_writers_are_counted_apart(void **state)
{
    struct gnttab_map_grant_ref r1, r2, w;

    (void)state;
    grant(8, 5, 0);
    r1 = map(8, 0, GNTMAP_host_map | GNTMAP_readonly);
    assert_int_equal(frames[5].writable, 0);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access | GTF_reading);
    w = map(8, 1, GNTMAP_host_map);
    r2 = map(8, 2, GNTMAP_host_map | GNTMAP_readonly);
    assert_int_equal(r2.status, GNTST_okay);
    assert_int_equal(frames[5].refs, 1); /* one for the entry */
    assert_int_equal(frames[5].writable, 1);

    assert_int_equal(unmap(w.handle, 1), GNTST_okay);
    assert_int_equal(frames[5].writable, 0);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access | GTF_reading);
    assert_int_equal(unmap(r1.handle, 0), GNTST_okay);
    assert_int_equal(unmap(r2.handle, 2), GNTST_okay);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access);
}

static const struct {
    const char *why;
    struct grant_entry_v1 e;
    grant_ref_t ref;
    uint32_t flags;
    domid_t dom;
    unsigned int slot;
    int status;
} refused[] = {
    { "not granted",
      { 0, USER, 5 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "granted to another",
      { GTF_permit_access, 0, 5 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "read-only",
      { GTF_permit_access | GTF_readonly, USER, 5 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "a transfer",
      { GTF_accept_transfer, USER, 5 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "not its frame",
      { GTF_permit_access, USER, 40 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "no frame at all",
      { GTF_permit_access, USER, ~0U },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "a page table",
      { GTF_permit_access, USER, 31 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "beyond the table",
      { GTF_permit_access, USER, 5 },
      4096,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_bad_gntref },
    { "far beyond",
      { GTF_permit_access, USER, 5 },
      ~0U,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_bad_gntref },
    { "no such domain",
      { GTF_permit_access, USER, 5 },
      8,
      GNTMAP_host_map,
      77,
      0,
      GNTST_bad_domain },
    { "neither host nor device",
      { GTF_permit_access, USER, 5 },
      8,
      0,
      OWNER,
      0,
      GNTST_bad_gntref },
    { "no page table there",
      { GTF_permit_access, USER, 5 },
      8,
      GNTMAP_host_map,
      OWNER,
      NR_SLOTS,
      GNTST_bad_virt_addr },
};

static void refusals_follow_the_table(void **state)
{
    (void)state;
    frames[31].is_table = true;
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        struct gnttab_map_grant_ref op = {
            .host_addr = VA(refused[i].slot),
            .flags = refused[i].flags,
            .ref = refused[i].ref,
            .dom = refused[i].dom,
        };

        print_message("%s\n", refused[i].why);
        *entry(OWNER, 8) = refused[i].e;
        assert_int_equal(call_n(USER, GNTTABOP_map_grant_ref, &op, 1), 0);
        assert_int_equal(op.status, refused[i].status);
        assert_int_equal(entry(OWNER, 8)->flags, refused[i].e.flags);
        assert_int_equal(doms[USER].grant ? doms[OWNER].refs : 0, 1);
    }
}

/* A table page can still be lent for reading. */
static void page_table_is_granted_read_only(void **state)
{
    struct gnttab_map_grant_ref op;

    (void)state;
    frames[31].is_table = true;
    grant(8, 31, 0);
    op = map(8, 0, GNTMAP_host_map | GNTMAP_readonly);
    assert_int_equal(op.status, GNTST_okay);
    op = map(8, 1, GNTMAP_host_map);
    assert_int_equal(op.status, GNTST_general_error);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access | GTF_reading);
}

/* The owner changes the frame while it is mapped: nothing moves. */
static void frame_is_the_one_first_read(void **state)
{
    struct gnttab_map_grant_ref a, b;

    (void)state;
    grant(8, 5, 0);
    a = map(8, 0, GNTMAP_host_map);
    entry(OWNER, 8)->frame = 6;
    b = map(8, 1, GNTMAP_host_map);
    assert_int_equal(b.dev_bus_addr, a.dev_bus_addr);
    assert_int_equal(frames[6].refs, 0);
    assert_int_equal(unmap(a.handle, 0), GNTST_okay);
    assert_int_equal(unmap(b.handle, 1), GNTST_okay);
    a = map(8, 0, GNTMAP_host_map);
    assert_int_equal(a.dev_bus_addr, 6 << PAGE_SHIFT);
}

static void failed_unmap_keeps_the_mapping(void **state)
{
    struct gnttab_map_grant_ref op;

    (void)state;
    grant(8, 5, 0);
    op = map(8, 0, GNTMAP_host_map);
    slots[0].m = 7; /* the guest has overwritten the entry */
    assert_int_equal(unmap(op.handle, 0), GNTST_general_error);
    assert_int_equal(frames[5].refs, 1);
    slots[0].m = 5;
    assert_int_equal(unmap(op.handle, 0), GNTST_okay);
}

static void host_and_device_go_one_by_one(void **state)
{
    struct gnttab_map_grant_ref m;
    struct gnttab_unmap_grant_ref op[2];

    (void)state;
    grant(8, 5, 0);
    m = map(8, 0, GNTMAP_host_map | GNTMAP_device_map);
    op[0] = (struct gnttab_unmap_grant_ref){ .host_addr = VA(0),
                                             .handle = m.handle };
    op[1] = (struct gnttab_unmap_grant_ref){ .dev_bus_addr = 6 << PAGE_SHIFT,
                                             .handle = m.handle };
    assert_int_equal(call_n(USER, GNTTABOP_unmap_grant_ref, op, 2), 0);
    assert_int_equal(op[0].status, GNTST_okay);
    assert_int_equal(op[1].status, GNTST_bad_dev_addr);
    assert_int_equal(frames[5].refs, 1);
    op[1].dev_bus_addr = 5 << PAGE_SHIFT;
    assert_int_equal(call_n(USER, GNTTABOP_unmap_grant_ref, &op[1], 1), 0);
    assert_int_equal(op[1].status, GNTST_okay);
    assert_int_equal(frames[5].refs, 0);
}

static void batches_restart_where_they_stopped(void **state)
{
    struct gnttab_map_grant_ref op[100];
    struct gnttab_unmap_grant_ref un[100];

    (void)state;
    preempt = true; /* after every chunk */
    for (unsigned int i = 0; i < 100; i++) {
        grant(i + 8, i % 30, 0);
        op[i] = (struct gnttab_map_grant_ref){ .host_addr = VA(i),
                                               .flags = GNTMAP_host_map,
                                               .ref = i + 8,
                                               .dom = OWNER };
    }
    assert_int_equal(call_n(USER, GNTTABOP_map_grant_ref, op, 100), 0);
    for (unsigned int i = 0; i < 100; i++) {
        assert_int_equal(op[i].status, GNTST_okay);
        un[i] = (struct gnttab_unmap_grant_ref){ .host_addr = VA(i),
                                                 .handle = op[i].handle };
    }
    assert_int_equal(call_n(USER, GNTTABOP_unmap_grant_ref, un, 100), 0);
    for (unsigned int i = 0; i < 100; i++)
        assert_int_equal(un[i].status, GNTST_okay);
}

static void handles_run_out(void **state)
{
    unsigned int n = 0;

    (void)state;
    grant(8, 5, 0);
    while (map(8, 0, GNTMAP_device_map).status == GNTST_okay)
        n++;
    assert_int_equal(n, 256); /* one page of them */
    assert_int_equal(map(8, 0, GNTMAP_device_map).status, GNTST_no_space);
}

static struct gnttab_copy copy_op(grant_ref_t ref, uint64_t frame, uint16_t len)
{
    return (struct gnttab_copy){
        .source = { .u.ref = ref, .domid = OWNER },
        .dest = { .u.gmfn = frame, .domid = DOMID_SELF },
        .len = len,
        .flags = GNTCOPY_source_gref,
    };
}

static void copies_check_their_sides(void **state)
{
    struct gnttab_copy op[7];

    (void)state;
    grant(8, 5, GTF_readonly);
    for (unsigned int i = 0; i < 7; i++)
        op[i] = copy_op(8, 40, 0);
    op[1].source.offset = 4096;
    op[1].len = 1;
    op[2].dest.offset = 4000;
    op[2].len = 97;
    op[3].dest.u.gmfn = 5;           /* not the caller's */
    op[4].dest.domid = OWNER;        /* another's frame by number */
    op[5].flags = GNTCOPY_dest_gref; /* the wrong way round */
    op[5].dest = op[0].source;
    op[5].source = op[0].dest;
    op[6].source.domid = 77;
    assert_int_equal(call_n(USER, GNTTABOP_copy, op, 7), 0);
    assert_int_equal(op[0].status, GNTST_okay);
    assert_int_equal(op[1].status, GNTST_bad_copy_arg);
    assert_int_equal(op[2].status, GNTST_bad_copy_arg);
    assert_int_equal(op[3].status, GNTST_bad_page);
    assert_int_equal(op[4].status, GNTST_permission_denied);
    assert_int_equal(op[5].status, GNTST_general_error);
    assert_int_equal(op[6].status, GNTST_bad_domain);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access | GTF_readonly);
}

static void table_grows_to_its_limit(void **state)
{
    xen_pfn_t list[8] = { 0 };
    struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 3 };
    struct gnttab_query_size q = { .dom = DOMID_SELF };

    (void)state;
    set_xen_guest_handle(op.frame_list, list);
    assert_int_equal(call_n(OWNER, GNTTABOP_setup_table, &op, 1), 0);
    assert_int_equal(op.status, GNTST_okay);
    assert_true(list[2] && !list[3]);
    assert_int_equal(call_n(OWNER, GNTTABOP_query_size, &q, 1), 0);
    assert_int_equal(q.nr_frames, 3);
    assert_int_equal(q.max_nr_frames, 4);

    op.nr_frames = 5;
    assert_int_equal(call_n(OWNER, GNTTABOP_setup_table, &op, 1), 0);
    assert_int_equal(op.status, GNTST_general_error);
    op.nr_frames = 4;
    out_of_memory = true;
    assert_int_equal(call_n(OWNER, GNTTABOP_setup_table, &op, 1), 0);
    assert_int_equal(op.status, GNTST_general_error);
    out_of_memory = false;
    op.dom = USER;
    assert_int_equal(call_n(OWNER, GNTTABOP_setup_table, &op, 1), 0);
    assert_int_equal(op.status, GNTST_permission_denied);
    assert_int_equal(call_n(0, GNTTABOP_setup_table, &op, 1), 0);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(call_n(0, GNTTABOP_setup_table, &op, 2), -EINVAL);
}

static void unknown_calls_are_not_there(void **state)
{
    char arg[64] = { 0 };

    (void)state;
    assert_int_equal(call_n(USER, GNTTABOP_swap_grant_ref, arg, 1), -ENOSYS);
    assert_int_equal(call_n(USER, GNTTABOP_cache_flush, arg, 1), -ENOSYS);
    assert_int_equal(call_n(USER, GNTTABOP_unmap_and_replace, arg, 1), -ENOSYS);
    assert_int_equal(call_n(USER, 4711, arg, 1), -ENOSYS);
}

static void transfers_are_refused_one_by_one(void **state)
{
    struct gnttab_transfer t[2] = { { .domid = OWNER, .status = 7 },
                                    { .domid = 77, .status = 7 } };

    (void)state;
    assert_int_equal(call_n(USER, GNTTABOP_transfer, t, 2), 0);
    assert_int_equal(t[0].status, GNTST_general_error);
    assert_int_equal(t[1].status, GNTST_bad_domain);
}

static void death_of_the_user_releases_its_maps(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 80; i++) {
        grant(i + 8, i % 30, 0);
        assert_int_equal(map(i + 8, i, GNTMAP_host_map).status, GNTST_okay);
    }
    assert_true(doms[OWNER].refs > 1);
    preempt = true;
    assert_int_equal(grant_domain_release_maps(&doms[USER]), -ERESTART);
    preempt = false;
    assert_int_equal(grant_domain_release_maps(&doms[USER]), 0);
    assert_int_equal(doms[OWNER].refs, 1);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(map_marks_and_unmap_clears),
        TEST(readers_and_writers_are_counted_apart),
        TEST(refusals_follow_the_table),
        TEST(page_table_is_granted_read_only),
        TEST(frame_is_the_one_first_read),
        TEST(failed_unmap_keeps_the_mapping),
        TEST(host_and_device_go_one_by_one),
        TEST(batches_restart_where_they_stopped),
        TEST(handles_run_out),
        TEST(copies_check_their_sides),
        TEST(table_grows_to_its_limit),
        TEST(unknown_calls_are_not_there),
        TEST(transfers_are_refused_one_by_one),
        TEST(death_of_the_user_releases_its_maps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
