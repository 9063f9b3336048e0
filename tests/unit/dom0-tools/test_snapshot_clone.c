/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clones of snapshots and of a guest that runs: who they are, what disks they
 * get, and what is left of one that failed.
 */
#include "snapshot_guest.h"

static const struct pel_clone lonely = { .name = "h", .no_network = true };
static const struct pel_clone other = { .name = "i", .no_network = true };

static void a_clone_of_a_followed_disk(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint64_t still_ms;
    uint32_t domid;
    char path[80];
    int rc;

    (void)state;
    disk_len = WHOLE_PAGES;
    can_follow = true;
    snprintf(path, sizeof(path), "%s.h", disk_path);
    work(1);
    rc = pel_domain_clone(&ctx, 7, &plain, NULL, &domid, &still_ms);
    assert_told(&ctx, rc, NULL);
    assert_int_equal(rc, 0);
    assert_disk(path, 'b');
    assert_disk(disk_path, 'z');
}

/* With a name by the disk's, since originals may be called the same. */
static void copies_of_disks_go_to_a_folder(void **state)
{
    const struct pel_clone there = { .name = "h", .disks = top };
    const struct pel_clone nowhere = { .name = "i", .disks = "/no/such" };
    struct pel_ctx ctx = { .message = "" };
    uint64_t still_ms;
    uint32_t domid;
    char path[80];
    int rc;

    (void)state;
    take(&ctx, "one", 1);
    work(2);
    snprintf(path, sizeof(path), "%s/xvda.h", top);
    rc = pel_snapshot_clone(&ctx, top, "g", "one", &there, NULL, &domid);
    assert_told(&ctx, rc, NULL);
    assert_int_equal(rc, 0);
    assert_string_equal(got_target, path);
    assert_disk(path, 'b');
    assert_int_equal(unlink(path), 0);
    assert_int_equal(pel_domain_clone(&ctx, 7, &there, NULL, &domid, &still_ms),
                     0);
    assert_string_equal(got_target, path);
    assert_disk(path, 'c');
    rc = pel_snapshot_clone(&ctx, top, "g", "one", &nowhere, NULL, &domid);
    assert_int_equal(rc, -PEL_EIO);
    assert_told(&ctx, rc, "/no/such");
}

static void assert_somebody_else(const char *name)
{
    uint8_t uuid[16];

    uuid_parse(WHO, uuid);
    assert_string_equal(got_name, name);
    assert_memory_not_equal(got_uuid, uuid, 16);
}

static void a_clone_is_somebody_else(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint32_t domid;
    char path[80];

    (void)state;
    take(&ctx, "one", 1);
    work(2);
    snprintf(path, sizeof(path), "%s.h", disk_path);
    assert_int_equal(
        pel_snapshot_clone(&ctx, top, "g", "one", &plain, NULL, &domid), 0);
    assert_true(guest_runs);
    assert_somebody_else("h");
    assert_string_equal(got_target, path);
    assert_int_equal(got_nics, 1);
    assert_disk(path, 'b');
    assert_disk(disk_path, 'c');
    assert_received(1);
    assert_int_equal(
        pel_snapshot_clone(&ctx, top, "g", "one", &lonely, NULL, &domid),
        -PEL_EEXIST);
    assert_told(&ctx, -1, path);
    pel_error_clear(&ctx);
    assert_int_equal(
        pel_snapshot_clone(&ctx, top, "g", "one", &other, NULL, &domid), 0);
    assert_int_equal(got_nics, 0);
}

static void a_failed_clone_leaves_no_disk(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint32_t domid;
    char path[80];
    int rc;

    (void)state;
    take(&ctx, "one", 1);
    receiving_fails = true;
    snprintf(path, sizeof(path), "%s.h", disk_path);
    rc = pel_snapshot_clone(&ctx, top, "g", "one", &plain, NULL, &domid);
    assert_int_equal(rc, -PEL_ENOSPC);
    assert_told(&ctx, rc, "too little");
    assert_int_equal(access(path, F_OK), -1);
}

/* Without a snapshot between them; with reflinks or copies of the disk. */
static void a_clone_of_one_that_runs(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint64_t still_ms = 0;
    uint32_t domid = 0;
    char path[80];
    int rc;

    (void)state;
    snprintf(path, sizeof(path), "%s.h", disk_path);
    for (int i = 0; i < 2; i++) {
        has_reflinks = i;
        work(1);
        rc = pel_domain_clone(&ctx, 7, &plain, NULL, &domid, &still_ms);
        assert_told(&ctx, rc, NULL);
        assert_int_equal(rc, 0);
        assert_int_equal(domid, 9);
        assert_int_equal(still_ms, 77);
        assert_true(guest_runs);
        assert_somebody_else("h");
        assert_string_equal(got_target, path);
        assert_received(1);
        assert_disk(path, 'b');
        rc = pel_domain_clone(&ctx, 7, &plain, NULL, &domid, &still_ms);
        assert_int_equal(rc, -PEL_EEXIST);
        assert_told(&ctx, rc, path);
        pel_error_clear(&ctx);
        assert_disk(path, 'b');
        assert_int_equal(unlink(path), 0);
    }
}

static void one_that_fails_halfway_leaves_no_disk(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint64_t still_ms;
    uint32_t domid;
    char path[80];
    int rc;

    (void)state;
    snprintf(path, sizeof(path), "%s.h", disk_path);
    work(1);
    sending_fails = true;
    rc = pel_domain_clone(&ctx, 7, &lonely, NULL, &domid, &still_ms);
    assert_int_equal(rc, -PEL_EIO);
    assert_told(&ctx, rc, "No space left");
    assert_int_equal(access(path, F_OK), -1);
    pel_error_clear(&ctx);
    sending_fails = false;
    receiving_fails = true;
    rc = pel_domain_clone(&ctx, 7, &lonely, NULL, &domid, &still_ms);
    assert_int_equal(rc, -PEL_ENOSPC);
    assert_told(&ctx, rc, "too little");
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_its_folder(a_clone_of_a_followed_disk),
        in_its_folder(copies_of_disks_go_to_a_folder),
        in_its_folder(a_clone_is_somebody_else),
        in_its_folder(a_failed_clone_leaves_no_disk),
        in_its_folder(a_clone_of_one_that_runs),
        in_its_folder(one_that_fails_halfway_leaves_no_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
