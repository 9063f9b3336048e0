/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing devices from the store alone, whatever of them is left. */
#include "common.h"
#include <libpel/device/remove.h>
#include <pel/device.h>
#include "device_kernel.h"
#include "device_store.h"

#define VBD "/local/domain/0/backend/vbd/7/51712"
#define FRONT "/local/domain/7/device/vbd/51712"

static void fill(void)
{
    fake_reset();
    fake_set("/local/domain/0/backend", "");
    fake_set("/local/domain/7/name", "g");
    fake_set("/local/domain/8/device/vbd/51712/state", "4");
    fake_set("/local/domain/0/backend/vbd/8/51712/state", "4");
    fake_kernel_start();
}

static void connected(void)
{
    fake_set(VBD "/state", "4");
    fake_set(VBD "/online", "1");
    fake_set(VBD "/script", "/bin/true");
    fake_set(FRONT "/state", "4");
    fake_set("/libxl/7/device/vbd/51712/backend", VBD);
}

static void close_ctx(struct pel_ctx *ctx)
{
    if (ctx->store)
        xs_close(ctx->store);
    fake_reset();
}

/* Each of the three folders alone makes a device known. */
static void any_folder_is_enough(void **state)
{
    static const char *const left[] = {
        VBD "/state",
        FRONT "/state",
        "/libxl/7/device/vbd/51712/backend",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
        struct pel_ctx ctx = { 0 };

        print_message("%s\n", left[i]);
        fill();
        fake_set(left[i], "4");
        assert_int_equal(pel_devices_remove_all(&ctx, 7, true), 0);
        assert_null(fake_get(left[i]));
        close_ctx(&ctx);
    }
}

static void a_device_is_listed_once(void **state)
{
    struct pel_ctx ctx = { 0 };
    struct device *dev = NULL;
    struct pel_store s;
    size_t nr = 0;

    (void)state;
    fill();
    connected();
    fake_set("/local/domain/7/device/suspend/event-channel", "");
    fake_set("/local/domain/0/backend/console/7/0/state", "1");
    assert_int_equal(pel_store_use(&ctx, &s), 0);
    assert_int_equal(devices_list(&s, 7, &dev, &nr), 0);
    assert_int_equal(nr, 2);
    assert_string_equal(dev[0].kind, "vbd");
    assert_string_equal(dev[1].kind, "console");
    free(dev);
    close_ctx(&ctx);
}

static void other_guests_keep_theirs(void **state)
{
    struct pel_ctx ctx = { 0 };

    (void)state;
    fill();
    connected();
    assert_int_equal(pel_devices_remove_all(&ctx, 7, false), 0);
    assert_null(fake_get(VBD));
    assert_string_equal(fake_get("/local/domain/0/backend/vbd/8/51712/state"),
                        "4");
    assert_string_equal(fake_get("/local/domain/8/device/vbd/51712/state"),
                        "4");
    close_ctx(&ctx);
}

static void nothing_to_remove_is_no_error(void **state)
{
    struct pel_ctx ctx = { 0 };

    (void)state;
    fill();
    assert_int_equal(pel_devices_remove_all(&ctx, 7, false), 0);
    assert_told(&ctx, 0, NULL);
    close_ctx(&ctx);
}

static void force_takes_the_front_end_first(void **state)
{
    struct pel_ctx ctx = { 0 };

    (void)state;
    fill();
    connected();
    fake_kernel.needs_rm = true; /* would time out if it were polite */
    assert_int_equal(pel_devices_remove_all(&ctx, 7, true), 0);
    assert_null(fake_get(VBD));
    close_ctx(&ctx);
}

/* A store that fails somewhere is told, and a second try does the rest. */
static void a_failure_can_be_repeated(void **state)
{
    unsigned int n = 0;
    int rc;

    (void)state;
    do {
        struct pel_ctx ctx = { 0 };

        fill();
        connected();
        fake_fail_in = ++n;
        rc = pel_devices_remove_all(&ctx, 7, true);
        assert_told(&ctx, rc, NULL);
        fake_fail_in = 0;
        pel_error_clear(&ctx);
        assert_int_equal(pel_devices_remove_all(&ctx, 7, true), 0);
        assert_null(fake_get(VBD));
        assert_null(fake_get(FRONT));
        assert_null(fake_get("/libxl/7/device"));
        close_ctx(&ctx);
    } while (rc || n < 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_folder_is_enough),
        cmocka_unit_test(a_device_is_listed_once),
        cmocka_unit_test(other_guests_keep_theirs),
        cmocka_unit_test(nothing_to_remove_is_no_error),
        cmocka_unit_test(force_takes_the_front_end_first),
        cmocka_unit_test(a_failure_can_be_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
