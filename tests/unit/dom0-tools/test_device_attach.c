/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaching and removing whole sets of devices; failing at every call. */
#include "common.h"
#include <unistd.h>
#include <pel/config.h>
#include <pel/device.h>
#include "device_kernel.h"
#include <xenstore.h>
#include "device_store.h"

#define VBD "/local/domain/0/backend/vbd/7/51712"
#define VIF "/local/domain/0/backend/vif/7/0"

static char image[] = "/tmp/pel-test-XXXXXX";

static int make_image(void **state)
{
    int fd = mkstemp(image);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_image(void **state)
{
    (void)state;
    return unlink(image);
}

static void fill(void)
{
    fake_reset();
    fake_set("/local/domain/0/backend", "");
    fake_set("/local/domain/7/name", "g");
    fake_set("/libxl/7/type", "pv");
    fake_kernel_start();
}

static int attach(struct pel_ctx *ctx, char *disk_script, char *nic_script)
{
    struct pel_disk disk = { .backend = PEL_DISK_FILE,
                             .target = image,
                             .vdev = (char *)"xvda",
                             .writable = true,
                             .script = disk_script };
    struct pel_nic nic = { .mac = { 0, 0x16, 0x3e, 1, 2, 0xab },
                           .has_mac = true,
                           .ifname = (char *)"new0",
                           .mtu = 9000,
                           .script = nic_script };
    struct pel_config cfg = {
        .disks = &disk, .nr_disks = 1, .nics = &nic, .nr_nics = 1
    };

    return pel_devices_attach(ctx, 7, &cfg);
}

static void close_ctx(struct pel_ctx *ctx)
{
    if (ctx->store)
        xs_close(ctx->store);
}

static void both_devices_are_described(void **state)
{
    static const struct {
        const char *path, *value;
    } want[] = {
        { VBD "/physical-device", "7:3" },
        { VBD "/node", "/dev/loop3" },
        { VBD "/mode", "w" },
        { VBD "/dev", "xvda" },
        { VBD "/type", "phy" },
        { VBD "/device-type", "disk" },
        { VBD "/params", image },
        { VBD "/hotplug-status", "connected" },
        { VBD "/bootable", "1" },
        { VBD "/removable", "0" },
        { "/local/domain/7/device/vbd/51712/virtual-device", "51712" },
        { "/local/domain/7/device/vbd/51712/device-type", "disk" },
        { VIF "/mac", "00:16:3e:01:02:ab" },
        { VIF "/bridge", "xenbr0" },
        { VIF "/handle", "0" },
        { VIF "/type", "vif" },
        { VIF "/vifname", "new0" },
        { VIF "/mtu", "9000" },
        { VIF "/hotplug-status", "connected" },
        { "/local/domain/7/device/vif/0/mac", "00:16:3e:01:02:ab" },
        { "/local/domain/7/device/vif/0/handle", "0" },
    };
    struct pel_ctx ctx = { 0 };

    (void)state;
    fill();
    assert_int_equal(attach(&ctx, NULL, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
        print_message("%s\n", want[i].path);
        assert_non_null(fake_get(want[i].path));
        assert_string_equal(fake_get(want[i].path), want[i].value);
    }
    close_ctx(&ctx);
    fake_reset();
}

static void attach_and_remove_leave_no_trace(void **state)
{
    unsigned int fds = fake_open_fds();
    struct pel_ctx ctx = { 0 };
    char *before, *after;

    (void)state;
    fill();
    before = fake_dump();
    assert_int_equal(attach(&ctx, NULL, NULL), 0);
    assert_int_equal(pel_devices_remove_all(&ctx, 7, true), 0);
    after = fake_dump();
    assert_null(strstr(after, "51712"));
    assert_null(strstr(after, "/backend/v"));
    assert_null(strstr(after, "/7/device"));
    close_ctx(&ctx);
    assert_int_equal(fake_open_fds(), fds);
    free(before);
    free(after);
    fake_reset();
}

/* The first call fails, the second, ...; undoing itself is left alone. */
static void a_failure_anywhere_is_undone(char *disk_script, char *nic_script)
{
    unsigned int n = 0;
    int rc;

    do {
        unsigned int fds = fake_open_fds();
        struct pel_ctx ctx = { 0 };
        char *after;

        fill();
        fake_fail_in = ++n;
        rc = attach(&ctx, disk_script, nic_script);
        after = fake_dump();
        assert_told(&ctx, rc, NULL);
        if (rc) {
            assert_null(strstr(after, "51712"));
            assert_null(strstr(after, "/vif/7"));
        } else {
            assert_false(fake_failed);
        }
        close_ctx(&ctx);
        assert_int_equal(fake_open_fds(), fds);
        free(after);
    } while (rc);
    assert_true(n > 60);
    fake_reset();
}

static void a_failure_of_native_work_is_undone(void **state)
{
    (void)state;
    a_failure_anywhere_is_undone(NULL, NULL);
}

static void a_failure_of_scripts_is_undone(void **state)
{
    (void)state;
    a_failure_anywhere_is_undone((char *)"block-x", (char *)"vif-x");
}

static void scripts_run_up_and_down(void **state)
{
    struct pel_ctx ctx = { 0 };

    (void)state;
    fill();
    assert_int_equal(attach(&ctx, (char *)"block-x", (char *)"vif-x"), 0);
    assert_string_equal(fake_kernel.scripts, "add block-x;online vif-x;");
    assert_string_equal(fake_get(VBD "/script"), "/scripts/block-x");
    assert_int_equal(pel_devices_remove_all(&ctx, 7, false), 0);
    assert_non_null(strstr(fake_kernel.scripts, "remove /scripts/block-x;"));
    assert_non_null(strstr(fake_kernel.scripts, "offline /scripts/vif-x;"));
    close_ctx(&ctx);
    fake_reset();
}

static void a_missing_bridge_is_named_and_nothing_made(void **state)
{
    struct pel_ctx ctx = { 0 };
    int rc;

    (void)state;
    fill();
    fake_kernel.no_bridge = true;
    rc = attach(&ctx, NULL, NULL);
    assert_int_equal(rc, -PEL_ENOENT);
    assert_told(&ctx, rc, "xenbr0");
    assert_null(fake_get("/local/domain/0/backend/vbd"));
    close_ctx(&ctx);
    fake_reset();
}

static void a_target_that_cannot_be_opened_is_undone(void **state)
{
    struct pel_ctx ctx = { 0 };
    int rc;

    (void)state;
    fill();
    fake_kernel.broken_vbd = true;
    rc = attach(&ctx, NULL, NULL);
    assert_int_equal(rc, -PEL_EIO);
    assert_told(&ctx, rc, "broken");
    assert_null(fake_get("/local/domain/0/backend/vbd"));
    assert_null(fake_get("/local/domain/0/backend/vif"));
    close_ctx(&ctx);
    fake_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_devices_are_described),
        cmocka_unit_test(attach_and_remove_leave_no_trace),
        cmocka_unit_test(a_failure_of_native_work_is_undone),
        cmocka_unit_test(a_failure_of_scripts_is_undone),
        cmocka_unit_test(scripts_run_up_and_down),
        cmocka_unit_test(a_missing_bridge_is_named_and_nothing_made),
        cmocka_unit_test(a_target_that_cannot_be_opened_is_undone),
    };

    return cmocka_run_group_tests(tests, make_image, remove_image);
}
