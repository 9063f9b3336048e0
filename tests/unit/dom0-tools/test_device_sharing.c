/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may use a disk's target beside whom. */
#include "common.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xenstore.h>
#include <libpel/device/local.h>
#include "device_store.h"

#define OTHER "/local/domain/0/backend/vbd/3/51728"

static char image[] = "/tmp/pel-test-XXXXXX";
static char link_name[sizeof(image) + 5];

static int make_image(void **state)
{
    int fd = mkstemp(image);

    (void)state;
    snprintf(link_name, sizeof(link_name), "%s.lnk", image);
    return fd < 0 || link(image, link_name) ? -1 : close(fd);
}

static int remove_image(void **state)
{
    (void)state;
    unlink(link_name);
    return unlink(image);
}

static struct target file_target(void)
{
    struct target t = { .path = image };
    struct stat st;

    assert_int_equal(stat(image, &st), 0);
    t.dev = st.st_dev;
    t.ino = st.st_ino;
    return t;
}

static const struct {
    const char *why;
    const char *params;   /* of the other disk; NULL: the image */
    const char *physical; /* its device number */
    const char *mode;     /* its mode */
    bool block;           /* ours is the block device fd:7 */
    bool writable;        /* ours is */
    bool refused;
} cases[] = {
    { "two readers", NULL, NULL, "r", false, false, false },
    { "a writer beside a reader", NULL, NULL, "r", false, true, true },
    { "a reader beside a writer", NULL, NULL, "w", false, false, true },
    { "two writers", NULL, NULL, "w", false, true, true },
    { "the same file by another name", link_name, NULL, "w", false, true,
      true },
    { "another file", "/dev/null", NULL, "w", false, true, false },
    { "a file that is gone", "/nothere", NULL, "w", false, true, false },
    { "the same device", "/dev/x", "fd:7", "w", true, true, true },
    { "the same device, both read", "/dev/x", "fd:7", "r", true, false, false },
    { "a device with the digits swapped", "/dev/x", "7:fd", "w", true, true,
      false },
    { "a disk without a mode is on its way out", NULL, NULL, NULL, false, true,
      false },
};

static void sharing_follows_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct target t = file_target();
        struct pel_ctx ctx = { 0 };
        struct pel_store s;
        int rc;

        print_message("%s\n", cases[i].why);
        fake_reset();
        fake_set(OTHER "/params", cases[i].params ? cases[i].params : image);
        if (cases[i].physical)
            fake_set(OTHER "/physical-device", cases[i].physical);
        if (cases[i].mode)
            fake_set(OTHER "/mode", cases[i].mode);
        if (cases[i].block)
            t = (struct target){ .path = "/dev/x",
                                 .is_block = true,
                                 .rdev = makedev(0xfd, 7) };
        assert_int_equal(pel_store_use(&ctx, &s), 0);
        rc = sharing_check(&ctx, &s, &t, cases[i].writable);
        assert_int_equal(rc, cases[i].refused ? -PEL_ESTATE : 0);
        assert_told(&ctx, rc, "domain 3");
        xs_close(ctx.store);
    }
    fake_reset();
}

/* /proc is mounted for writing: stands for any file system of dom0. */
static void what_dom0_has_mounted_is_refused(void **state)
{
    struct pel_ctx ctx = { 0 };
    struct pel_store s;
    struct stat st;
    int rc;

    (void)state;
    fake_reset();
    assert_int_equal(stat("/proc", &st), 0);
    assert_int_equal(pel_store_use(&ctx, &s), 0);
    rc = sharing_check(&ctx, &s,
                       &(struct target){ .path = "/dev/x",
                                         .is_block = true,
                                         .rdev = st.st_dev },
                       false);
    assert_int_equal(rc, -PEL_ESTATE);
    assert_told(&ctx, rc, "mounted at /proc");
    xs_close(ctx.store);
    fake_reset();
}

/* When it cannot be told who uses a disk, nobody gets it. */
static void a_store_that_fails_gives_no_disk(void **state)
{
    struct target t = file_target();
    struct pel_ctx ctx = { 0 };
    struct pel_store s;
    unsigned int n = 0;
    int rc;

    (void)state;
    do {
        fake_reset();
        fake_set(OTHER "/params", image);
        fake_set(OTHER "/mode", "w");
        ctx.message[0] = '\0';
        assert_int_equal(pel_store_use(&ctx, &s), 0);
        fake_fail_in = ++n;
        rc = sharing_check(&ctx, &s, &t, true);
        assert_told(&ctx, rc, NULL);
        print_message("call %u fails: %d\n", n, rc);
        assert_int_not_equal(rc, 0);
    } while (fake_failed);
    xs_close(ctx.store);
    fake_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sharing_follows_the_table),
        cmocka_unit_test(what_dom0_has_mounted_is_refused),
        cmocka_unit_test(a_store_that_fails_gives_no_disk),
    };

    return cmocka_run_group_tests(tests, make_image, remove_image);
}
