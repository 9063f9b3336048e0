/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration survives being JSON, which is what restarts rely on. */
#include "common.h"
#include <pel/config.h>

static const char text[] =
    "name='web'\nuuid='6f0b1d1e-6a5c-4c39-9d0e-3a1f5b7c2d48'\n"
    "memory=256\nmaxmem=512\nvcpus=2\nmaxvcpus=3\nkernel='/k'\n"
    "ramdisk='/r'\nroot='/dev/xvda'\nextra='a=\"b\\\\\" \xc3\xa4'\n"
    "on_poweroff='preserve'\non_reboot='destroy'\non_crash='restart'\n"
    "disk=['phy:/dev/a,xvda,r','vdev=xvdb,script=s,target=x,y']\n"
    "vif=['mac=00:16:3e:01:02:03,bridge=b,vifname=v,ip=i,script=s,mtu=1400','']"
    "\n";

static void there_and_back(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct pel_config a, b;
    char *first, *second;

    (void)state;
    pel_config_init(&a);
    pel_config_init(&b);
    assert_int_equal(pel_config_parse(&ctx, "t", text, strlen(text), &a), 0);
    assert_int_equal(pel_config_finish(&ctx, &a), 0);
    assert_int_equal(pel_config_to_json(&ctx, &a, &first), 0);
    assert_int_equal(pel_config_from_json(&ctx, first, strlen(first), &b), 0);
    assert_int_equal(pel_config_to_json(&ctx, &b, &second), 0);
    assert_string_equal(first, second);

    assert_string_equal(b.cmdline, a.cmdline);
    assert_memory_equal(b.uuid, a.uuid, 16);
    assert_int_equal(b.maxmem_kb, 512 * 1024);
    assert_int_equal(b.nr_disks, 2);
    assert_int_equal(b.disks[0].backend, PEL_DISK_PHY);
    assert_false(b.disks[0].writable);
    assert_string_equal(b.disks[1].target, "x,y");
    assert_string_equal(b.disks[1].script, "s");
    assert_int_equal(b.nr_nics, 2);
    assert_memory_equal(b.nics[1].mac, a.nics[1].mac, 6);
    assert_int_equal(b.nics[0].mtu, 1400);
    assert_int_equal(b.on_crash, PEL_ACTION_RESTART);
    free(first);
    free(second);
    pel_config_free(&a);
    pel_config_free(&b);
}

static const struct {
    const char *why;
    const char *json;
    int rc;
} bad[] = {
    { "nothing", "", -PEL_EFORMAT },
    { "no JSON", "{", -PEL_EFORMAT },
    { "a tail", "{\"name\":\"a\"} x", -PEL_EFORMAT },
    { "a list", "[]", -PEL_EFORMAT },
    { "an empty object", "{}", -PEL_EFORMAT },
    { "unknown key", "{\"name\":\"a\",\"kernel\":\"k\",\"x\":1}", -PEL_EINVAL },
    { "wrong type", "{\"name\":[],\"kernel\":\"k\"}", -PEL_EFORMAT },
    { "negative", "{\"name\":\"a\",\"kernel\":\"k\",\"memory\":-1}",
      -PEL_EFORMAT },
    { "no name", "{\"kernel\":\"k\"}", -PEL_EINVAL },
    { "disk without vdev",
      "{\"name\":\"a\",\"kernel\":\"k\",\"disk\":"
      "[{\"backend\":\"phy\",\"writable\":true,\"target\":\"/x\"}]}",
      -PEL_EFORMAT },
    { "disk whose name leads to another folder",
      "{\"name\":\"a\",\"kernel\":\"k\",\"disk\":"
      "[{\"backend\":\"phy\",\"writable\":true,\"target\":\"/x\","
      "\"vdev\":\"../x\"}]}",
      -PEL_EINVAL },
    { "disk without a name",
      "{\"name\":\"a\",\"kernel\":\"k\",\"disk\":"
      "[{\"backend\":\"phy\",\"writable\":true,\"target\":\"/x\","
      "\"vdev\":\"\"}]}",
      -PEL_EINVAL },
    { "disk of numbers", "{\"name\":\"a\",\"kernel\":\"k\",\"disk\":[1]}",
      -PEL_EFORMAT },
    { "NIC with a bad address",
      "{\"name\":\"a\",\"kernel\":\"k\",\"vif\":"
      "[{\"mac\":\"x\"}]}",
      -PEL_EINVAL },
    { "NIC with a list for a bridge",
      "{\"name\":\"a\",\"kernel\":\"k\","
      "\"vif\":[{\"bridge\":[]}]}",
      -PEL_EFORMAT },
};

static void bad_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct pel_config c;
        int rc;

        print_message("%s\n", bad[i].why);
        pel_config_init(&c);
        rc = pel_config_from_json(&ctx, bad[i].json, strlen(bad[i].json), &c);
        assert_int_equal(rc, bad[i].rc);
        assert_told(&ctx, rc, NULL);
        assert_null(c.name);
        assert_null(c.disks);
    }
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    static const char latin[] = "name='a'\nkernel='k'\nextra='\\xe4'";
    struct pel_ctx ctx = { .message = "" };
    struct pel_config c;
    char *json;

    (void)state;
    pel_config_init(&c);
    assert_int_equal(pel_config_parse(&ctx, "t", latin, strlen(latin), &c), 0);
    assert_int_equal(pel_config_finish(&ctx, &c), 0);
    assert_int_equal(pel_config_to_json(&ctx, &c, &json), -PEL_EINVAL);
    assert_told(&ctx, -PEL_EINVAL, "UTF-8");
    pel_config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(bad_ones),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
