/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots of a guest that runs, and reverting to them: what happens to
 * the guest and its disk, in which order, and after failures.
 */
#include "snapshot_guest.h"

static void a_guest_goes_back(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint32_t domid = 0;
    struct stat st;

    (void)state;
    take(&ctx, "one", 1);
    take(&ctx, "two", 2);
    work(3);
    assert_int_equal(pel_snapshot_revert(&ctx, top, "g", "one", NULL, &domid),
                     0);
    assert_int_equal(domid, 9);
    assert_false(guest_runs);
    assert_disk(disk_path, 'b');
    assert_int_equal(stat(disk_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_string_equal(got_name, "g");
    assert_received(1);
}

/* What was read of a page and has changed since takes no room. */
static void pages_of_the_past_are_not_kept(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct pel_snapshot *list;
    uint32_t domid;
    size_t nr;

    (void)state;
    take(&ctx, "one", 1);
    take(&ctx, "two", 2);
    assert_int_equal(pel_snapshot_list(&ctx, top, "g", NULL, &list, &nr), 0);
    assert_int_equal(nr, 2);
    /* Four pages by five seeds, number 3, shared_info, registers; a disk. */
    assert_int_equal(list[0].nr_pages, 4 + 1 + 1 + 1 + 1);
    assert_int_equal(list[1].nr_pages, 1 + 1);
    assert_int_equal(list[1].rounds, 2);
    assert_int_equal(list[1].still_ms, 77);
    pel_snapshots_free(list, nr);
    assert_int_equal(pel_snapshot_verify(&ctx, top, "g", NULL), 0);
    assert_int_equal(pel_snapshot_revert(&ctx, top, "g", "two", NULL, &domid),
                     0);
    assert_received(2);
}

/* It is of the instant at which the guest stood still, though read later. */
static void a_disk_with_reflinks_is_read_later(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint32_t domid;

    (void)state;
    has_reflinks = true;
    take(&ctx, "one", 1);
    assert_disk(disk_path, 'z');
    assert_int_equal(pel_snapshot_revert(&ctx, top, "g", "one", NULL, &domid),
                     0);
    assert_disk(disk_path, 'b');
}

/* Read while the guest runs, then what it has written meanwhile. */
static void a_followed_disk_is_of_the_instant(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct pel_snapshot *list;
    uint32_t domid;
    size_t nr;

    (void)state;
    disk_len = WHOLE_PAGES;
    can_follow = true;
    take(&ctx, "one", 1);
    assert_int_equal(followed, 0);
    assert_disk(disk_path, 'z');
    assert_int_equal(pel_snapshot_list(&ctx, top, "g", NULL, &list, &nr), 0);
    /* As of one that was read at once: its past is not kept. */
    assert_int_equal(list[0].nr_pages, 4 + 1 + 1 + 1 + 1);
    pel_snapshots_free(list, nr);
    assert_int_equal(pel_snapshot_verify(&ctx, top, "g", NULL), 0);
    assert_int_equal(pel_snapshot_revert(&ctx, top, "g", "one", NULL, &domid),
                     0);
    assert_disk(disk_path, 'b');
}

static void one_that_cannot_be_followed_is_read_at_once(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint32_t domid;

    (void)state;
    disk_len = WHOLE_PAGES;
    take(&ctx, "one", 1);
    can_follow = has_grown = true;
    take(&ctx, "two", 2);
    assert_int_equal(followed, 0);
    work(3);
    assert_int_equal(pel_snapshot_revert(&ctx, top, "g", "one", NULL, &domid),
                     0);
    assert_disk(disk_path, 'b');
    guest_runs = true;
    assert_int_equal(pel_snapshot_revert(&ctx, top, "g", "two", NULL, &domid),
                     0);
    assert_disk(disk_path, 'c');
}

/* Nothing happens to the guest before all is proven. */
static void a_damaged_one_leaves_the_guest(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint32_t domid = 0;
    int rc;

    (void)state;
    take(&ctx, "one", 1);
    work(3);
    assert_int_equal(truncate(path_of("one", "disk-0"), 20), 0);
    rc = pel_snapshot_revert(&ctx, top, "g", "one", NULL, &domid);
    assert_int_equal(rc, -PEL_EFORMAT);
    assert_told(&ctx, rc, "damaged");
    assert_true(guest_runs);
    assert_disk(disk_path, 'd');
}

static void a_failed_one_leaves_no_trace(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct pel_snapshot *list;
    size_t nr;
    int rc;

    (void)state;
    work(1);
    sending_fails = true;
    rc = pel_snapshot_create(&ctx, top, 7, "one", false, NULL, NULL);
    assert_int_equal(rc, -PEL_EIO);
    assert_told(&ctx, rc, "No space left");
    assert_int_equal(access(path_of(".new-one", ""), F_OK), -1);
    pel_error_clear(&ctx);
    assert_int_equal(pel_snapshot_list(&ctx, top, "g", NULL, &list, &nr), 0);
    assert_int_equal(nr, 0);
    pel_snapshots_free(list, nr);
}

static void disks_that_cannot_be_read_are_refused(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct pel_snapshot *list;
    uint32_t domid;
    size_t nr;
    int rc;

    (void)state;
    work(1);
    strcpy(disk_line, "phy:/dev/null,xvda,w");
    rc = pel_snapshot_create(&ctx, top, 7, "one", false, NULL, NULL);
    assert_int_equal(rc, -PEL_ENOTSUP);
    assert_told(&ctx, rc, "--no-disks");
    pel_error_clear(&ctx);
    assert_int_equal(pel_snapshot_create(&ctx, top, 7, "one", true, NULL, NULL),
                     0);
    assert_int_equal(pel_snapshot_list(&ctx, top, "g", "one", &list, &nr), 0);
    assert_int_equal(list[0].nr_disks, 0);
    pel_snapshots_free(list, nr);
    rc = pel_snapshot_clone(&ctx, top, "g", "one", &plain, NULL, &domid);
    assert_int_equal(rc, -PEL_ENOTSUP);
    assert_told(&ctx, rc, "without --no-disks");
}

static void out_and_in_again(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    char disk_file_path[80];
    uint32_t domid;
    int rc;

    (void)state;
    take(&ctx, "one", 1);
    take(&ctx, "two", 2);
    snprintf(disk_file_path, sizeof(disk_file_path), "%s.xvda", file_path);
    assert_int_equal(pel_snapshot_export(&ctx, top, "g", "two", file_path), 0);
    assert_disk(disk_file_path, 'c');
    rc = pel_snapshot_import(&ctx, top, "other", "three", file_path);
    assert_int_equal(rc, -PEL_EINVAL);
    assert_told(&ctx, rc, "\"g\"");
    pel_error_clear(&ctx);
    rc = pel_snapshot_import(&ctx, top, "g", "three", file_path);
    assert_told(&ctx, rc, NULL);
    assert_int_equal(pel_snapshot_verify(&ctx, top, "g", NULL), 0);
    work(3);
    assert_int_equal(pel_snapshot_revert(&ctx, top, "g", "three", NULL, &domid),
                     0);
    assert_disk(disk_path, 'c');
    assert_received(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_its_folder(a_guest_goes_back),
        in_its_folder(pages_of_the_past_are_not_kept),
        in_its_folder(a_disk_with_reflinks_is_read_later),
        in_its_folder(a_followed_disk_is_of_the_instant),
        in_its_folder(one_that_cannot_be_followed_is_read_at_once),
        in_its_folder(a_damaged_one_leaves_the_guest),
        in_its_folder(a_failed_one_leaves_no_trace),
        in_its_folder(disks_that_cannot_be_read_are_refused),
        in_its_folder(out_and_in_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
