/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nodes of a device: exactly these, with these permissions, or none. */
#include "common.h"
#include <errno.h>
#include <libpel/device/local.h>
#include "device_store.h"

static const struct node front[] = {
    { "virtual-device", "51712" },
    { "left-out", NULL },
    { NULL, NULL },
};
static const struct node back[] = {
    { "mode", "w" },
    { "params", "/img" },
    { NULL, NULL },
};

/* What is there before any device of domain 7. */
static void fill(void)
{
    fake_reset();
    fake_set("/local/domain/0/backend", "");
    fake_set("/local/domain/7/name", "g");
    fake_set("/libxl/7/type", "pv");
}

static struct pel_store open_store(struct pel_ctx *ctx)
{
    struct pel_store s;

    assert_int_equal(pel_store_use(ctx, &s), 0);
    return s;
}

static void a_disk_has_these_nodes(void **state)
{
    struct pel_ctx ctx = { 0 };
    struct pel_store s;
    struct device dev;
    char *dump;

    (void)state;
    fill();
    s = open_store(&ctx);
    device_init(&dev, 7, "vbd", 51712);
    assert_int_equal(nodes_create(&s, &dev, front, back), 0);
    dump = fake_dump();
    assert_string_equal(
        dump, "/libxl= n0\n"
              "/libxl/7= n0\n"
              "/libxl/7/device= n0\n"
              "/libxl/7/device/vbd= n0\n"
              "/libxl/7/device/vbd/51712= n0\n"
              "/libxl/7/device/vbd/51712/backend="
              "/local/domain/0/backend/vbd/7/51712 n0\n"
              "/libxl/7/device/vbd/51712/frontend="
              "/local/domain/7/device/vbd/51712 n0\n"
              "/libxl/7/device/vbd/51712/frontend-id=7 n0\n"
              "/libxl/7/device/vbd/51712/mode=w n0\n"
              "/libxl/7/device/vbd/51712/online=1 n0\n"
              "/libxl/7/device/vbd/51712/params=/img n0\n"
              "/libxl/7/device/vbd/51712/state=1 n0\n"
              "/libxl/7/type=pv n0\n"
              "/local= n0\n"
              "/local/domain= n0\n"
              "/local/domain/0= n0\n"
              "/local/domain/0/backend= n0\n"
              "/local/domain/0/backend/vbd= n0\n"
              "/local/domain/0/backend/vbd/7= n0\n"
              "/local/domain/0/backend/vbd/7/51712= n0,r7\n"
              "/local/domain/0/backend/vbd/7/51712/frontend="
              "/local/domain/7/device/vbd/51712 n0,r7\n"
              "/local/domain/0/backend/vbd/7/51712/frontend-id=7 n0,r7\n"
              "/local/domain/0/backend/vbd/7/51712/mode=w n0,r7\n"
              "/local/domain/0/backend/vbd/7/51712/online=1 n0,r7\n"
              "/local/domain/0/backend/vbd/7/51712/params=/img n0,r7\n"
              "/local/domain/0/backend/vbd/7/51712/state=1 n0,r7\n"
              "/local/domain/7= n0\n"
              "/local/domain/7/device= n0\n"
              "/local/domain/7/device/vbd= n0\n"
              "/local/domain/7/device/vbd/51712= n7,r0\n"
              "/local/domain/7/device/vbd/51712/backend="
              "/local/domain/0/backend/vbd/7/51712 n7,r0\n"
              "/local/domain/7/device/vbd/51712/backend-id=0 n7,r0\n"
              "/local/domain/7/device/vbd/51712/state=1 n7,r0\n"
              "/local/domain/7/device/vbd/51712/virtual-device=51712 n7,r0\n"
              "/local/domain/7/name=g n0\n");
    free(dump);
    xs_close(ctx.store);
    fake_reset();
}

static void a_guest_may_not_write_its_console(void **state)
{
    struct pel_ctx ctx = { 0 };
    struct pel_store s;
    struct device dev;

    (void)state;
    fill();
    s = open_store(&ctx);
    device_init(&dev, 7, "console", 0);
    assert_string_equal(dev.front, "/local/domain/7/console");
    assert_int_equal(nodes_create(&s, &dev, front, back), 0);
    assert_string_equal(fake_perms("/local/domain/7/console"), "n0,r7");
    xs_close(ctx.store);
    fake_reset();
}

static void the_same_device_twice_is_refused(void **state)
{
    struct pel_ctx ctx = { 0 };
    struct pel_store s;
    struct device dev;
    char *before, *after;

    (void)state;
    fill();
    s = open_store(&ctx);
    device_init(&dev, 7, "vbd", 51712);
    assert_int_equal(nodes_create(&s, &dev, front, back), 0);
    before = fake_dump();
    assert_int_equal(nodes_create(&s, &dev, front, back), -EEXIST);
    after = fake_dump();
    assert_string_equal(before, after);
    free(before);
    free(after);
    xs_close(ctx.store);
    fake_reset();
}

static void removal_leaves_the_store_as_it_was(void **state)
{
    struct pel_ctx ctx = { 0 };
    struct pel_store s;
    struct device dev;
    char *before, *after;

    (void)state;
    fill();
    before = fake_dump();
    s = open_store(&ctx);
    device_init(&dev, 7, "vbd", 51712);
    assert_int_equal(nodes_create(&s, &dev, front, back), 0);
    fake_set("/local/domain/0/error/backend/vbd/7/51712/error", "2 cannot");
    assert_int_equal(nodes_remove(&s, &dev), 0);
    after = fake_dump();
    /* Two folders stay that the first device of any guest makes. */
    assert_null(strstr(after, "51712"));
    assert_null(strstr(after, "/local/domain/7/device"));
    assert_null(strstr(after, "/libxl/7/device"));
    assert_null(strstr(after, "/backend/vbd"));
    assert_null(strstr(after, "/local/domain/0/error"));
    free(before);
    free(after);
    xs_close(ctx.store);
    fake_reset();
}

/* Whichever call fails, the store is as before or all nodes are there. */
static void a_failure_leaves_nothing_half_done(void **state)
{
    unsigned int n = 0;
    int rc;

    (void)state;
    do {
        struct pel_ctx ctx = { 0 };
        struct pel_store s;
        struct device dev;
        char *before, *after;

        fill();
        before = fake_dump();
        s = open_store(&ctx);
        device_init(&dev, 7, "vbd", 51712);
        fake_fail_in = ++n;
        rc = nodes_create(&s, &dev, front, back);
        after = fake_dump();
        if (rc)
            assert_string_equal(before, after);
        free(before);
        free(after);
        xs_close(ctx.store);
    } while (rc);
    assert_true(n > 20);
    fake_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_has_these_nodes),
        cmocka_unit_test(a_guest_may_not_write_its_console),
        cmocka_unit_test(the_same_device_twice_is_refused),
        cmocka_unit_test(removal_leaves_the_store_as_it_was),
        cmocka_unit_test(a_failure_leaves_nothing_half_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
