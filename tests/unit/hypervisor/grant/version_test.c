/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Version 2 of the grant table: its entries, and the way there and back. */
#include "domains.h"

static long set_version(unsigned int dom, uint32_t version)
{
    struct gnttab_set_version s = { .version = version };
    long err = call_n(dom, GNTTABOP_set_version, &s, 1);

    assert_true(err || s.version == version);
    return err;
}

static unsigned int get_version(unsigned int dom)
{
    struct gnttab_get_version g = { .dom = DOMID_SELF };

    assert_int_equal(call_n(dom, GNTTABOP_get_version, &g, 1), 0);
    return g.version;
}

static union grant_entry_v2 *entry2(grant_ref_t ref)
{
    mfn_t m;

    assert_int_equal(grant_frame(&doms[OWNER], false, ref / 256, &m), 0);
    return (union grant_entry_v2 *)mfn_to_virt(m) + ref % 256;
}

static grant_status_t *status(grant_ref_t ref)
{
    mfn_t m;

    assert_int_equal(grant_frame(&doms[OWNER], true, ref / 2048, &m), 0);
    return (grant_status_t *)mfn_to_virt(m) + ref % 2048;
}

static void grant2(grant_ref_t ref, uint64_t frame, uint16_t flags)
{
    *entry2(ref) = (union grant_entry_v2){
        .full_page = { .hdr = { GTF_permit_access | flags, USER },
                       .frame = frame }
    };
}

static void part(grant_ref_t ref, uint64_t frame, uint16_t off, uint16_t len)
{
    *entry2(ref) = (union grant_entry_v2){
        .sub_page = { .hdr = { GTF_permit_access | GTF_sub_page, USER },
                      .page_off = off,
                      .length = len,
                      .frame = frame }
    };
}

/* To a frame of the user's own. */
static int copy_from(grant_ref_t ref, uint16_t off, uint16_t len)
{
    struct gnttab_copy op = {
        .source = { .u.ref = ref, .domid = OWNER, .offset = off },
        .dest = { .u.gmfn = 40, .domid = DOMID_SELF },
        .len = len,
        .flags = GNTCOPY_source_gref,
    };

    assert_int_equal(call_n(USER, GNTTABOP_copy, &op, 1), 0);
    return op.status;
}

static void versions_follow_the_rules(void **state)
{
    struct gnttab_get_version g = { .dom = OWNER };

    (void)state;
    assert_int_equal(get_version(OWNER), 1);
    assert_int_equal(set_version(OWNER, 1), 0);
    assert_int_equal(set_version(OWNER, 0), -EINVAL);
    assert_int_equal(set_version(OWNER, 3), -EINVAL);
    assert_int_equal(set_version(0, 2), -ENOSYS); /* not for this domain */
    assert_int_equal(set_version(OWNER, 2), 0);
    assert_int_equal(get_version(OWNER), 2);
    assert_int_equal(set_version(OWNER, 2), 0);
    assert_int_equal(set_version(OWNER, 1), 0);
    assert_int_equal(get_version(OWNER), 1);
    assert_int_equal(call_n(USER, GNTTABOP_get_version, &g, 1), -EPERM);
    assert_int_equal(call_n(0, GNTTABOP_get_version, &g, 1), 0);
    g.dom = 77;
    assert_int_equal(call_n(0, GNTTABOP_get_version, &g, 1), -ESRCH);
}

static void entries_in_use_forbid_a_change(void **state)
{
    struct gnttab_map_grant_ref op;

    (void)state;
    grant(8, 5, 0);
    op = map(8, 0, GNTMAP_host_map);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(set_version(OWNER, 2), -EBUSY);
    assert_int_equal(entry(OWNER, 8)->frame, 5);
    assert_int_equal(unmap(op.handle, 0), GNTST_okay);
    assert_int_equal(set_version(OWNER, 2), 0);
    assert_int_equal(entry2(8)->hdr.flags, 0); /* cleared */
}

static void reserved_entries_are_carried_over(void **state)
{
    struct gnttab_map_grant_ref op;

    (void)state;
    grant(1, 5, GTF_readonly);
    grant(0, 6, 0);
    op = map(1, 0, GNTMAP_host_map | GNTMAP_readonly);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(set_version(OWNER, 2), 0);
    assert_int_equal(entry2(1)->hdr.flags, GTF_permit_access | GTF_readonly);
    assert_int_equal(entry2(1)->hdr.domid, USER);
    assert_int_equal(entry2(1)->full_page.frame, 5);
    assert_int_equal(*status(1), GTF_reading);
    assert_int_equal(entry2(0)->full_page.frame, 6);
    assert_int_equal(*status(0), 0);

    assert_int_equal(set_version(OWNER, 1), 0);
    assert_int_equal(entry(OWNER, 1)->flags,
                     GTF_permit_access | GTF_readonly | GTF_reading);
    assert_int_equal(entry(OWNER, 1)->frame, 5);
    assert_int_equal(unmap(op.handle, 0), GNTST_okay);
    assert_int_equal(entry(OWNER, 1)->flags, GTF_permit_access | GTF_readonly);
}

static void what_version_1_cannot_say_stays(void **state)
{
    (void)state;
    assert_int_equal(set_version(OWNER, 2), 0);
    part(2, 5, 0, 100);
    assert_int_equal(set_version(OWNER, 1), -ERANGE);
    grant2(2, 1UL << 32, 0);
    assert_int_equal(set_version(OWNER, 1), -ERANGE);
    *entry2(2) = (union grant_entry_v2){ .hdr = { GTF_transitive, USER } };
    assert_int_equal(set_version(OWNER, 1), -ERANGE);
    assert_int_equal(get_version(OWNER), 2);
    assert_int_equal(entry2(2)->hdr.flags, GTF_transitive);
    grant2(2, 5, 0);
    assert_int_equal(set_version(OWNER, 1), 0);
}

static void map_marks_the_status(void **state)
{
    struct gnttab_map_grant_ref op;

    (void)state;
    assert_int_equal(set_version(OWNER, 2), 0);
    grant2(300, 5, 0);
    op = map(300, 0, GNTMAP_host_map);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(entry2(300)->hdr.flags, GTF_permit_access);
    assert_int_equal(*status(300), GTF_reading | GTF_writing);
    assert_int_equal(frames[5].writable, 1);
    assert_int_equal(set_version(OWNER, 1), -EBUSY);
    assert_int_equal(unmap(op.handle, 0), GNTST_okay);
    assert_int_equal(*status(300), 0);
}

static const struct {
    const char *why;
    union grant_entry_v2 e;
    uint32_t flags;
    int status;
} map_cases[] = {
#define FULL(f, d, m)                                                          \
    {                                                                          \
        .full_page = {.hdr = { (f), (d) }, .frame = (m) }                      \
    }
    { "a page", FULL(GTF_permit_access, USER, 5), 0, GNTST_okay },
    { "another's", FULL(GTF_permit_access, 0, 5), 0, GNTST_general_error },
    { "none", FULL(GTF_invalid, USER, 5), 0, GNTST_general_error },
    { "a transfer", FULL(GTF_accept_transfer, USER, 5), 0,
      GNTST_general_error },
    { "transitive", FULL(GTF_transitive, USER, 5), 0, GNTST_general_error },
    { "read-only", FULL(GTF_permit_access | GTF_readonly, USER, 5), 0,
      GNTST_general_error },
    { "read-only, as asked", FULL(GTF_permit_access | GTF_readonly, USER, 5),
      GNTMAP_readonly, GNTST_okay },
    { "a part", FULL(GTF_permit_access | GTF_sub_page, USER, 5), 0,
      GNTST_general_error },
    { "no such frame", FULL(GTF_permit_access, USER, 1UL << 40), 0,
      GNTST_general_error },
    { "a frame in 64 bits only", FULL(GTF_permit_access, USER, 5 | 1UL << 32),
      0, GNTST_general_error },
};

static void maps_follow_the_table(void **state)
{
    (void)state;
    assert_int_equal(set_version(OWNER, 2), 0);
    for (size_t i = 0; i < ARRAY_SIZE(map_cases); i++) {
        struct gnttab_map_grant_ref op;

        print_message("%s\n", map_cases[i].why);
        *entry2(9) = map_cases[i].e;
        op = map(9, 0, GNTMAP_host_map | map_cases[i].flags);
        assert_int_equal(op.status, map_cases[i].status);
        if (!op.status)
            assert_int_equal(unmap(op.handle, 0), GNTST_okay);
        assert_int_equal(*status(9), 0);
    }
}

static void entries_end_with_half_as_many(void **state)
{
    (void)state;
    assert_int_equal(set_version(OWNER, 2), 0);
    grant2(255, 5, 0);
    assert_int_equal(map(256, 0, GNTMAP_host_map).status, GNTST_bad_gntref);
    assert_int_equal(map(511, 0, GNTMAP_host_map).status, GNTST_bad_gntref);
    assert_int_equal(map(~0U, 0, GNTMAP_host_map).status, GNTST_bad_gntref);
    grant2(256, 5, 0); /* grows */
    assert_int_equal(map(256, 0, GNTMAP_host_map).status, GNTST_okay);
}

static void status_frames_are_listed(void **state)
{
    uint64_t list[4] = { 0 };
    struct gnttab_get_status_frames g = { .nr_frames = 1, .dom = DOMID_SELF };
    mfn_t m;

    (void)state;
    set_xen_guest_handle(g.frame_list, list);
    grant_frame(&doms[OWNER], false, 0, &m);
    assert_int_equal(call_n(OWNER, GNTTABOP_get_status_frames, &g, 1), 0);
    assert_int_equal(g.status, GNTST_general_error); /* version 1 */
    assert_int_equal(grant_frame(&doms[OWNER], true, 0, &m), -EINVAL);
    assert_int_equal(set_version(OWNER, 2), 0);
    assert_int_equal(call_n(OWNER, GNTTABOP_get_status_frames, &g, 1), 0);
    assert_int_equal(g.status, GNTST_okay);
    assert_ptr_equal(mfn_to_virt(mfn(list[0])), status(0));
    g.nr_frames = 2;
    assert_int_equal(call_n(OWNER, GNTTABOP_get_status_frames, &g, 1), 0);
    assert_int_equal(g.status, GNTST_general_error);
    g.dom = OWNER;
    assert_int_equal(call_n(USER, GNTTABOP_get_status_frames, &g, 1), 0);
    assert_int_equal(g.status, GNTST_permission_denied);
    assert_int_equal(call_n(OWNER, GNTTABOP_get_status_frames, &g, 2), -EINVAL);
    assert_int_equal(grant_frame(&doms[OWNER], true, 1, &m), -EINVAL);
    assert_int_equal(grant_max_frames(&doms[OWNER], true), 1);
    assert_int_equal(grant_max_frames(&doms[OWNER], false), MAX_FRAMES);
}

static void no_memory_leaves_version_1(void **state)
{
    mfn_t m;

    (void)state;
    grant_frame(&doms[OWNER], false, 0, &m);
    out_of_memory = true;
    assert_int_equal(set_version(OWNER, 2), -ENOMEM);
    out_of_memory = false;
    assert_int_equal(get_version(OWNER), 1);
    grant(8, 5, 0);
    assert_int_equal(map(8, 0, GNTMAP_host_map).status, GNTST_okay);
}

/* Copies that are refused; those that move bytes run in a guest. */
static void parts_have_their_bounds(void **state)
{
    static const struct {
        const char *why;
        uint16_t start, length, off, len;
        int status;
    } cases[] = {
        { "before it", 100, 50, 99, 1, GNTST_general_error },
        { "beyond it", 100, 50, 149, 2, GNTST_general_error },
        { "around it", 100, 50, 0, 4096, GNTST_general_error },
        { "over the page's end", 4000, 200, 4000, 10, GNTST_general_error },
        { "with no end", 65535, 65535, 0, 1, GNTST_general_error },
        { "over the page's end, asked", 100, 50, 4095, 2, GNTST_bad_copy_arg },
    };

    (void)state;
    assert_int_equal(set_version(OWNER, 2), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].why);
        part(9, 5, cases[i].start, cases[i].length);
        assert_int_equal(copy_from(9, cases[i].off, cases[i].len),
                         cases[i].status);
        assert_int_equal(*status(9), 0);
    }
    *entry2(9) = (union grant_entry_v2){ .hdr = { GTF_transitive, USER } };
    assert_int_equal(copy_from(9, 0, 8), GNTST_general_error);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(versions_follow_the_rules),
        TEST(entries_in_use_forbid_a_change),
        TEST(reserved_entries_are_carried_over),
        TEST(what_version_1_cannot_say_stays),
        TEST(map_marks_the_status),
        TEST(maps_follow_the_table),
        TEST(entries_end_with_half_as_many),
        TEST(status_frames_are_listed),
        TEST(no_memory_leaves_version_1),
        TEST(parts_have_their_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
