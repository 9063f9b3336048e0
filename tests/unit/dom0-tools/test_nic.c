/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings of vif=[...]. */
#include "common.h"
#include <pel/config.h>

static void all_keys(void **state)
{
    static const uint8_t mac[6] = { 0x00, 0x16, 0x3e, 0xAa, 0x01, 0xff };
    struct pel_ctx ctx = { .message = "" };
    struct pel_nic n = { .has_mac = false };
    int rc = pel_nic_parse(&ctx,
                           "mac=00:16:3e:Aa:01:ff, bridge=br0,script=vif-x, "
                           "model=e1000,type=vif,vifname=web0,"
                           "ip=10.0.0.2 10.0.0.3,mtu=9000,backend=0",
                           &n);

    (void)state;
    assert_told(&ctx, rc, NULL);
    assert_int_equal(rc, 0);
    assert_true(n.has_mac);
    assert_memory_equal(n.mac, mac, 6);
    assert_string_equal(n.bridge, "br0");
    assert_string_equal(n.script, "vif-x");
    assert_string_equal(n.ifname, "web0");
    assert_string_equal(n.ip, "10.0.0.2 10.0.0.3");
    assert_int_equal(n.mtu, 9000);
    pel_nic_free(&n);
}

static void empty_has_all_defaults(void **state)
{
    static const char *const texts[] = { "", " ", ",", " , " };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct pel_nic n = { .has_mac = false };

        assert_int_equal(pel_nic_parse(&ctx, texts[i], &n), 0);
        assert_false(n.has_mac);
        assert_null(n.bridge);
        assert_int_equal(n.mtu, 0);
    }
}

static const struct {
    const char *why;
    const char *text;
    int rc;
} bad[] = {
    { "short address", "mac=00:16:3e:00:00", -PEL_EINVAL },
    { "long address", "mac=00:16:3e:00:00:00:00", -PEL_EINVAL },
    { "no hexadecimal", "mac=00:16:3e:00:00:0g", -PEL_EINVAL },
    { "signs in an address", "mac=+0:16:3e:00:00:-1:", -PEL_EINVAL },
    { "group address", "mac=01:16:3e:00:00:00", -PEL_EINVAL },
    { "no assignment", "xenbr0", -PEL_EINVAL },
    { "unknown key", "brigde=a", -PEL_EINVAL },
    { "no bridge", "bridge=", -PEL_EINVAL },
    { "name too long", "vifname=abcdefghijklmnop", -PEL_EINVAL },
    { "slash in a name", "vifname=a/b", -PEL_EINVAL },
    { "mtu of nothing", "mtu=0", -PEL_EINVAL },
    { "mtu too large", "mtu=65536", -PEL_EINVAL },
    { "emulated", "type=ioemu", -PEL_ENOTSUP },
    { "driver domain", "backend=net", -PEL_ENOTSUP },
    { "empty script", "script=", -PEL_EINVAL },
    { "an address that nobody checks", "ip=10.0.0.2", -PEL_ENOTSUP },
};

static void bad_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct pel_nic n = { .has_mac = false };
        int rc;

        print_message("%s\n", bad[i].why);
        rc = pel_nic_parse(&ctx, bad[i].text, &n);
        assert_int_equal(rc, bad[i].rc);
        assert_told(&ctx, rc, "vif \"");
        pel_nic_free(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys),
        cmocka_unit_test(empty_has_all_defaults),
        cmocka_unit_test(bad_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
