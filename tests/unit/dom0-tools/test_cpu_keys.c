/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys about CPUs, in files and back from JSON. */
#include "common.h"
#include <pel/config.h>

#define BASE "name='a'\nkernel='/k'\nvcpus=2\nmaxvcpus=3\n"

static int load(struct pel_ctx *ctx, const char *text, struct pel_config *cfg)
{
    int rc;

    pel_config_init(cfg);
    rc = pel_config_parse(ctx, "t", text, strlen(text), cfg);
    return rc ? rc : pel_config_finish(ctx, cfg);
}

static const struct {
    const char *why;
    const char *text;
    int rc;
    const char *json; /* a part of it; NULL: not looked at */
} cases[] = {
    { "nothing said", BASE, 0, "\"maxvcpus\":3,\"kernel\"" },
    { "a list for all", BASE "cpus='0-3,^1'", 0, "\"cpus\":\"0-3,^1\"" },
    { "a number for all", BASE "cpus=2", 0, "\"cpus\":\"2\"" },
    { "one for each", BASE "cpus=['0','1-2','all']", 0,
      "\"cpus\":[\"0\",\"1-2\",\"all\"]" },
    { "fewer than there are", BASE "cpus=['0']", 0, "\"cpus\":[\"0\"]" },
    { "soft", BASE "cpus_soft='node:0'", 0, "\"cpus_soft\":\"node:0\"" },
    { "weight and cap", BASE "cpu_weight=512\ncap=150", 0,
      "\"cpu_weight\":512,\"cap\":150" },
    { "quoted numbers", BASE "cpu_weight='1'\ncap='0'", 0,
      "\"cpu_weight\":1,\"kernel\"" },
    { "a mode", BASE "tsc_mode='native'", 0, "\"tsc_mode\":\"native\"" },
    { "a mode by number", BASE "tsc_mode=1", 0,
      "\"tsc_mode\":\"always_emulate\"" },
    { "a quoted number", BASE "tsc_mode='0'", 0, "\"maxvcpus\":3,\"kernel\"" },
    { "more than there are", BASE "cpus=['0','1','2','3']", -PEL_EINVAL, NULL },
    { "no list of CPUs", BASE "cpus='zero'", -PEL_EINVAL, NULL },
    { "none in the second", BASE "cpus=['0','']", -PEL_EINVAL, NULL },
    { "no weight", BASE "cpu_weight=0", -PEL_EINVAL, NULL },
    { "too much weight", BASE "cpu_weight=65536", -PEL_EINVAL, NULL },
    { "too large a cap", BASE "cap=65536", -PEL_EINVAL, NULL },
    { "a list as weight", BASE "cpu_weight=[]", -PEL_EINVAL, NULL },
    { "no such mode", BASE "tsc_mode='fast'", -PEL_EINVAL, NULL },
    { "no such number", BASE "tsc_mode=4", -PEL_EINVAL, NULL },
    { "more vCPUs than a guest has", BASE "vcpus=129", -PEL_EINVAL, NULL },
};

static void keys_are_read_and_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct pel_config a, b;
        char *first, *second;
        int rc;

        print_message("%s\n", cases[i].why);
        rc = load(&ctx, cases[i].text, &a);
        assert_told(&ctx, rc, NULL);
        assert_int_equal(rc, cases[i].rc);
        if (!rc) {
            assert_int_equal(pel_config_to_json(&ctx, &a, &first), 0);
            if (!strstr(first, cases[i].json))
                fail_msg("%s does not have %s", first, cases[i].json);
            assert_int_equal(
                pel_config_from_json(&ctx, first, strlen(first), &b), 0);
            assert_int_equal(pel_config_to_json(&ctx, &b, &second), 0);
            assert_string_equal(first, second);
            free(first);
            free(second);
            pel_config_free(&b);
        }
        pel_config_free(&a);
    }
}

/* A second assignment takes the place of the first. */
static void the_last_one_counts(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct pel_config cfg;

    (void)state;
    assert_int_equal(load(&ctx, BASE "cpus=['0','1']\ncpus='3'", &cfg), 0);
    assert_true(cfg.cpus.for_all);
    assert_int_equal(cfg.cpus.nr, 1);
    assert_string_equal(cfg.cpus.lists[0], "3");
    pel_config_free(&cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_read_and_kept),
        cmocka_unit_test(the_last_one_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
