/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration in an image, ours and that of stock tools. */
#include "common.h"
#include <pel/config.h>
#include <pel/json.h>
#include <pel/stream.h>

static const char text[] =
    "name='web'\nuuid='6f0b1d1e-6a5c-4c39-9d0e-3a1f5b7c2d48'\n"
    "memory=256\nmaxmem=512\nvcpus=2\nmaxvcpus=3\nkernel='/k'\n"
    "extra='a=b'\non_crash='rename-restart'\ncpu_weight=7\n"
    "disk=['phy:/dev/a,xvda,r']\n"
    "vif=['mac=00:16:3e:01:02:03,bridge=b,mtu=1400']\n";

static void ours_there_and_back(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct pel_config a, b;
    char *json;

    (void)state;
    pel_config_init(&a);
    assert_int_equal(pel_config_parse(&ctx, "t", text, strlen(text), &a), 0);
    assert_int_equal(pel_config_finish(&ctx, &a), 0);
    assert_int_equal(pel_xl_config_write(&ctx, &a, 200 << 10, &json), 0);
    assert_int_equal(pel_xl_config_read(&ctx, json, strlen(json), &b), 0);
    assert_string_equal(b.name, "web");
    assert_memory_equal(b.uuid, a.uuid, 16);
    assert_int_equal(b.memory_kb, 200 << 10); /* what it has now */
    assert_int_equal(b.maxmem_kb, 512 << 10);
    assert_int_equal(b.cpu_weight, 7);
    assert_int_equal(b.disks[0].backend, PEL_DISK_PHY);
    free(json);
    pel_config_free(&a);
    pel_config_free(&b);
}

/* What stock tools read of it. */
static void ours_reads_as_theirs(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    const struct pel_json *b_info, *nic;
    struct pel_json *root;
    struct pel_config a;
    uint64_t v;
    char *json;

    (void)state;
    pel_config_init(&a);
    assert_int_equal(pel_config_parse(&ctx, "t", text, strlen(text), &a), 0);
    assert_int_equal(pel_config_finish(&ctx, &a), 0);
    assert_int_equal(pel_xl_config_write(&ctx, &a, 200 << 10, &json), 0);
    assert_int_equal(pel_json_parse(&ctx, json, strlen(json), &root), 0);
    b_info = pel_json_get(root, "b_info");
    assert_string_equal(
        pel_json_text(pel_json_get(pel_json_get(root, "c_info"), "uuid")),
        "6f0b1d1e-6a5c-4c39-9d0e-3a1f5b7c2d48");
    assert_true(pel_json_uint(pel_json_get(b_info, "target_memkb"), &v));
    assert_int_equal(v, 200 << 10);
    assert_int_equal(pel_json_count(pel_json_get(b_info, "avail_vcpus")), 2);
    assert_non_null(pel_json_get(b_info, "type.pv"));
    nic = pel_json_at(pel_json_get(root, "nics"), 0);
    assert_string_equal(pel_json_text(pel_json_get(nic, "mac")),
                        "00:16:3e:01:02:03");
    assert_string_equal(pel_json_text(pel_json_get(root, "on_crash")),
                        "restart_rename");
    pel_json_free(root);
    free(json);
    pel_config_free(&a);
}

#define C_INFO                                                                 \
    "\"c_info\":{\"type\":\"pv\",\"name\":\"g\","                              \
    "\"uuid\":\"6f0b1d1e-6a5c-4c39-9d0e-3a1f5b7c2d48\"}"
#define B_INFO                                                                 \
    "\"b_info\":{\"max_vcpus\":2,\"avail_vcpus\":[0,1],"                       \
    "\"max_memkb\":262144,\"target_memkb\":131072,\"kernel\":\"/boot/k\","     \
    "\"cmdline\":\"root=/dev/xvda\",\"type.pv\":{}}"

static const struct {
    const char *why;
    const char *json;
    int rc;
} theirs[] = {
    { "the least", "{" C_INFO "," B_INFO "}", 0 },
    { "devices",
      "{" C_INFO "," B_INFO ",\"disks\":[{\"pdev_path\":\"/d\","
      "\"vdev\":\"xvda\",\"format\":\"raw\",\"readwrite\":1}],"
      "\"nics\":[{\"devid\":0,\"mac\":\"00:16:3e:01:02:03\"}],"
      "\"on_reboot\":\"restart_rename\",\"pcidevs\":[]}",
      0 },
    { "no JSON", "{", -PEL_EFORMAT },
    { "nothing", "{}", -PEL_ENOTSUP },
    { "an HVM guest",
      "{\"c_info\":{\"type\":\"hvm\",\"name\":\"g\"}," B_INFO "}",
      -PEL_ENOTSUP },
    { "an MTU beyond 16 bits",
      "{" C_INFO "," B_INFO ","
      "\"nics\":[{\"mac\":\"00:16:3e:01:02:03\",\"mtu\":65537}]}",
      -PEL_EFORMAT },
    { "no memory", "{" C_INFO ",\"b_info\":{\"max_vcpus\":1}}", -PEL_EFORMAT },
    { "too many vCPUs",
      "{" C_INFO ",\"b_info\":{\"max_vcpus\":4096,\"target_memkb\":4096}}",
      -PEL_EFORMAT },
    { "a qcow2 disk",
      "{" C_INFO "," B_INFO ",\"disks\":[{\"pdev_path\":\"/d\","
      "\"vdev\":\"xvda\",\"format\":\"qcow2\"}]}",
      -PEL_ENOTSUP },
    { "a disk without a name",
      "{" C_INFO "," B_INFO ",\"disks\":[{\"pdev_path\":\"/d\"}]}",
      -PEL_EFORMAT },
    { "a NIC without an address", "{" C_INFO "," B_INFO ",\"nics\":[{}]}",
      -PEL_EFORMAT },
};

static void theirs_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(theirs); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct pel_config cfg;
        int rc;

        print_message("%s\n", theirs[i].why);
        rc = pel_xl_config_read(&ctx, theirs[i].json, strlen(theirs[i].json),
                                &cfg);
        assert_int_equal(rc, theirs[i].rc);
        assert_told(&ctx, rc, NULL);
        if (rc)
            continue;
        assert_string_equal(cfg.name, "g");
        assert_int_equal(cfg.vcpus, 2);
        assert_int_equal(cfg.memory_kb, 128 << 10);
        assert_int_equal(cfg.maxmem_kb, 256 << 10);
        assert_string_equal(cfg.cmdline, "root=/dev/xvda");
        if (cfg.nr_disks) {
            assert_true(cfg.disks[0].writable);
            assert_int_equal(cfg.on_reboot, PEL_ACTION_RENAME_RESTART);
        }
        pel_config_free(&cfg);
    }
}

/* What the reference does by itself here is not a script of the admin's. */
static void theirs_keeps_scripts_and_shares(void **state)
{
    static const char json[] =
        "{" C_INFO ",\"b_info\":{\"max_vcpus\":1,\"target_memkb\":4096,"
        "\"sched_params\":{\"weight\":512,\"cap\":50},"
        "\"vcpu_hard_affinity\":[[0]],\"type.pv\":{}},"
        "\"pcidevs\":[{}],\"nics\":["
        "{\"mac\":\"00:16:3e:01:02:03\",\"ip\":\"10.0.0.2\","
        "\"script\":\"/etc/xen/scripts/vif-bridge\"},"
        "{\"mac\":\"00:16:3e:01:02:04\",\"ip\":\"10.0.0.3\","
        "\"script\":\"/etc/xen/scripts/vif-route\"}]}";
    struct pel_ctx ctx = { .message = "" };
    struct pel_config cfg;

    (void)state;
    assert_int_equal(pel_xl_config_read(&ctx, json, strlen(json), &cfg), 0);
    assert_null(cfg.nics[0].script);
    assert_string_equal(cfg.nics[1].script, "/etc/xen/scripts/vif-route");
    assert_int_equal(cfg.cpu_weight, 512);
    assert_int_equal(cfg.cap, 50);
    pel_config_free(&cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_there_and_back),
        cmocka_unit_test(ours_reads_as_theirs),
        cmocka_unit_test(theirs_is_read),
        cmocka_unit_test(theirs_keeps_scripts_and_shares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
