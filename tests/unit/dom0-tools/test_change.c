/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing a guest that lives: its name, memory, vCPUs, and what a restart of
 * it goes by.
 */
#include "common.h"
#include <errno.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include <pel/vcpus.h>
#include <libpel/domain/local.h>
#include "device_store.h"

static void close_store(struct pel_ctx *ctx)
{
    if (ctx->store)
        xs_close(ctx->store);
}

#define CLOSED __attribute__((cleanup(close_store)))
#define UUID "11111111-1111-1111-1111-111111111111"
#define NR_VCPUS 3

/* ---- a hypervisor with dom0 and guest 7 -----------------------------------
 */

static uint64_t limit_kb;
static struct pel_cpumap hard[NR_VCPUS], soft[NR_VCPUS];

int pel_domain_get(struct pel_ctx *ctx, uint32_t domid, struct pel_dominfo *out)
{
    if (domid && domid != 7)
        return pel_fail(ctx, PEL_ENOENT, "there is no domain %u", domid);
    *out = (struct pel_dominfo){ .domid = domid,
                                 .max_kb = limit_kb ? limit_kb : 4 << 20,
                                 .nr_vcpus = NR_VCPUS };
    return 0;
}

int pel_hc_info(struct pel_ctx *ctx, uint32_t domid,
                struct xen_domctl_getdomaininfo *out)
{
    (void)ctx;
    *out = (struct xen_domctl_getdomaininfo){ .domain = (domid_t)domid };
    return 0;
}

int pel_hc_max_mem(struct pel_ctx *ctx, uint32_t domid, uint64_t kb)
{
    (void)ctx;
    (void)domid;
    limit_kb = kb;
    return 0;
}

int pel_hc_vcpu_info(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                     struct xen_domctl_getvcpuinfo *out)
{
    (void)ctx;
    assert_int_equal(domid, 7);
    *out = (struct xen_domctl_getvcpuinfo){ .online = vcpu < 2,
                                            .cpu = vcpu,
                                            .cpu_time = 5 };
    return 0;
}

int pel_hc_get_affinity(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                        struct pel_cpumap *h, struct pel_cpumap *s)
{
    (void)ctx;
    assert_int_equal(domid, 7);
    *h = hard[vcpu];
    *s = soft[vcpu];
    return 0;
}

int pel_hc_set_affinity(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                        struct pel_cpumap *h, struct pel_cpumap *s)
{
    (void)ctx;
    assert_int_equal(domid, 7);
    if (h)
        hard[vcpu] = *h;
    if (s)
        soft[vcpu] = *s;
    /* What it can do, which must not be taken for what was asked. */
    if (h)
        memset(h, 0, sizeof(*h));
    if (s)
        memset(s, 0, sizeof(*s));
    return 0;
}

int pel_hc_topology(struct pel_ctx *ctx, struct pel_topology *out)
{
    (void)ctx;
    memset(out, 0, sizeof(*out));
    out->nr = 4;
    out->cpu[2].node = out->cpu[3].node = 1;
    return 0;
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
                         unsigned long mfn, unsigned int eventchn)
{
    (void)h;
    (void)domid;
    (void)mfn;
    (void)eventchn;
    return true;
}

/* ---- the guest in the store -----------------------------------------------
 */

static void make(struct pel_ctx *ctx)
{
    const char *text = "name='web'\nkernel='/k'\nmemory=256\nmaxmem=512\n"
                       "vcpus=2\nmaxvcpus=3\nuuid='" UUID "'";
    const struct shared_pages shared = { .store_mfn = 1 };
    struct pel_config cfg;

    fake_reset();
    limit_kb = 0;
    memset(hard, 0, sizeof(hard));
    memset(soft, 0, sizeof(soft));
    fake_set("/local/domain/0/name", "Domain-0");
    fake_set("/local/domain/3/name", "db");
    pel_config_init(&cfg);
    assert_int_equal(pel_config_parse(ctx, "t", text, strlen(text), &cfg), 0);
    assert_int_equal(pel_config_finish(ctx, &cfg), 0);
    assert_int_equal(domain_nodes_add(ctx, 7, &cfg, &shared), 0);
    pel_config_free(&cfg);
}

static void assert_config_says(const char *part)
{
    assert_non_null(strstr(fake_get("/pel/7/config"), part));
}

static void a_new_name_is_everywhere(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };

    (void)state;
    make(&ctx);
    assert_int_equal(pel_domain_rename(&ctx, 7, "shop"), 0);
    assert_string_equal(fake_get("/local/domain/7/name"), "shop");
    assert_string_equal(fake_get("/vm/" UUID "/name"), "shop");
    assert_config_says("\"name\":\"shop\"");
    /* Its own name is not taken. */
    assert_int_equal(pel_domain_rename(&ctx, 7, "shop"), 0);
}

/* Destroyed between the look at it and the change of its nodes. */
static void one_that_has_gone_gets_no_name(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };

    (void)state;
    make(&ctx);
    assert_int_equal(domain_nodes_remove(&ctx, 7), 0);
    assert_int_equal(pel_domain_rename(&ctx, 7, "shop"), -PEL_ENOENT);
    assert_told(&ctx, -1, "no domain 7");
    assert_null(fake_get("/local/domain/7"));
}

static void bad_names_change_nothing(void **state)
{
    static const struct {
        const char *name;
        int rc;
    } bad[] = {
        { "db", -PEL_EEXIST },  { "Domain-0", -PEL_EEXIST },
        { "", -PEL_EINVAL },    { "12", -PEL_EINVAL },
        { "a b", -PEL_EINVAL }, { "-x", -PEL_EINVAL },
    };
    struct pel_ctx ctx CLOSED = { .message = "" };
    char *before, *after;

    (void)state;
    make(&ctx);
    before = fake_dump();
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        print_message("\"%s\"\n", bad[i].name);
        pel_error_clear(&ctx);
        assert_int_equal(pel_domain_rename(&ctx, 7, bad[i].name), bad[i].rc);
        assert_told(&ctx, -1, NULL);
    }
    pel_error_clear(&ctx);
    assert_int_equal(pel_domain_rename(&ctx, 8, "new"), -PEL_ENOENT);
    after = fake_dump();
    assert_string_equal(before, after);
    free(before);
    free(after);
}

/* At whichever call the store fails, either all of it is changed or nothing. */
static void renaming_is_whole_or_not_at_all(void **state)
{
    (void)state;
    for (unsigned int n = 1;; n++) {
        struct pel_ctx ctx CLOSED = { .message = "" };
        char *before, *after;
        int rc;

        make(&ctx);
        before = fake_dump();
        fake_failed = false;
        fake_fail_in = n;
        rc = pel_domain_rename(&ctx, 7, "shop");
        fake_fail_in = 0;
        after = fake_dump();
        if (rc)
            assert_string_equal(before, after);
        free(before);
        free(after);
        if (!fake_failed) {
            assert_int_equal(rc, 0);
            break;
        }
    }
}

static const struct {
    const char *why;
    uint64_t kb;
    int rc;
} memories[] = {
    { "less", 128 << 10, 0 },
    { "all it may have", 512 << 10, 0 },
    { "more than it may have", (512 << 10) + 1, -PEL_EINVAL },
    { "nothing", 0, -PEL_EINVAL },
    { "too little to live", 4095, -PEL_EINVAL },
};

static void memory_is_asked_for_and_limited(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(memories); i++) {
        struct pel_ctx ctx CLOSED = { .message = "" };
        char text[24];
        int rc;

        print_message("%s\n", memories[i].why);
        make(&ctx);
        rc = pel_domain_set_memory(&ctx, 7, memories[i].kb);
        assert_told(&ctx, rc, NULL);
        assert_int_equal(rc, memories[i].rc);
        snprintf(text, sizeof(text), "%llu",
                 rc ? 262144ull : (unsigned long long)memories[i].kb);
        assert_string_equal(fake_get("/local/domain/7/memory/target"), text);
        assert_int_equal(limit_kb, rc ? 0 : memories[i].kb + MAXMEM_SLACK_KB);
    }
    assert_config_says("\"memory\":256");
}

static void memory_stays_after_a_restart(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };

    (void)state;
    make(&ctx);
    assert_int_equal(pel_domain_set_memory(&ctx, 7, 300 << 10), 0);
    assert_config_says("\"memory\":300");
    assert_config_says("\"maxmem\":512");
}

/* dom0 has no static-max of ours: the limit that it began with counts. */
static void dom0_balloons_both_ways(void **state)
{
    static const struct {
        uint64_t kb;
        int rc;
    } steps[] = {
        { 1 << 20, 0 },
        { 3 << 20, 0 },
        { (4 << 20) + 1, -PEL_EINVAL },
        { 128 << 10, 0 },
        { (128 << 10) - 1, -PEL_EINVAL }, /* the host would not live */
        { 4 << 20, 0 },
    };
    struct pel_ctx ctx CLOSED = { .message = "" };
    char text[24];

    (void)state;
    make(&ctx);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        int rc = pel_domain_set_memory(&ctx, 0, steps[i].kb);

        assert_int_equal(rc, steps[i].rc);
        assert_told(&ctx, rc, NULL);
        pel_error_clear(&ctx);
        snprintf(text, sizeof(text), "%llu", (unsigned long long)steps[i].kb);
        assert_int_equal(
            strcmp(fake_get("/local/domain/0/memory/target"), text) == 0, !rc);
    }
    assert_int_equal(pel_domain_set_maxmem(&ctx, 0, 4096), -PEL_EINVAL);
    assert_told(&ctx, -1, "needs 128 MiB");
}

static void the_limit_is_not_below_what_it_has(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };

    (void)state;
    make(&ctx);
    assert_int_equal(pel_domain_set_maxmem(&ctx, 7, (256 << 10) - 1),
                     -PEL_EINVAL);
    assert_int_equal(limit_kb, 0);
    pel_error_clear(&ctx);
    assert_int_equal(pel_domain_set_maxmem(&ctx, 7, 256 << 10), 0);
    assert_int_equal(limit_kb, (256 << 10) + MAXMEM_SLACK_KB);
}

static void vcpus_go_on_and_off(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    char path[64];

    (void)state;
    make(&ctx);
    for (uint32_t nr = 1; nr <= NR_VCPUS; nr++) {
        assert_int_equal(pel_vcpus_set_online(&ctx, 7, nr), 0);
        for (uint32_t i = 0; i < NR_VCPUS; i++) {
            snprintf(path, sizeof(path), "/local/domain/7/cpu/%u/availability",
                     i);
            assert_string_equal(fake_get(path), i < nr ? "online" : "offline");
        }
    }
    assert_config_says("\"vcpus\":3");
    assert_int_equal(pel_vcpus_set_online(&ctx, 7, 0), -PEL_EINVAL);
    pel_error_clear(&ctx);
    assert_int_equal(pel_vcpus_set_online(&ctx, 7, 4), -PEL_EINVAL);
    pel_error_clear(&ctx);
    assert_int_equal(pel_vcpus_set_online(&ctx, 8, 1), -PEL_ENOENT);
    assert_config_says("\"vcpus\":3");
}

static void one_vcpu_or_all_are_pinned(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    struct pel_cpumap one = { .bits = { 2 } }, two = { .bits = { 12 } };
    struct pel_cpumap none = { .bits = { 0 } };
    struct pel_vcpuinfo *list;
    size_t nr;

    (void)state;
    make(&ctx);
    assert_int_equal(pel_vcpus_pin(&ctx, 7, 1, &one, NULL), 0);
    assert_int_equal(pel_vcpus_pin(&ctx, 7, PEL_VCPU_ALL, NULL, &two), 0);
    assert_int_equal(pel_vcpus_list(&ctx, 7, &list, &nr), 0);
    assert_int_equal(nr, NR_VCPUS);
    for (size_t i = 0; i < nr; i++) {
        assert_int_equal(list[i].id, i);
        assert_int_equal(list[i].online, i < 2);
        assert_int_equal(list[i].hard.bits[0], i == 1 ? 2 : 0);
        assert_int_equal(list[i].soft.bits[0], 12);
    }
    free(list);
    assert_int_equal(pel_vcpus_pin(&ctx, 7, 0, &none, NULL), -PEL_EINVAL);
    pel_error_clear(&ctx);
    assert_int_equal(pel_vcpus_pin(&ctx, 7, NR_VCPUS, &one, NULL), -PEL_ENOENT);
    pel_error_clear(&ctx);
    assert_int_equal(pel_vcpus_pin(&ctx, 9, 0, &one, NULL), -PEL_ENOENT);
}

/* A list for all, and one for the first two that leaves the third alone. */
static void a_configuration_places_vcpus(void **state)
{
    char *for_all[] = { "node:1" }, *each[] = { "0", "1" };
    struct pel_ctx ctx CLOSED = { .message = "" };
    struct pel_config cfg = {
        .maxvcpus = NR_VCPUS,
        .cpus = { .lists = for_all, .nr = 1, .for_all = true },
        .cpus_soft = { .lists = each, .nr = 2 },
    };

    (void)state;
    make(&ctx);
    assert_int_equal(pel_vcpus_place(&ctx, 7, &cfg), 0);
    for (size_t i = 0; i < NR_VCPUS; i++) {
        assert_int_equal(hard[i].bits[0], 12);
        assert_int_equal(soft[i].bits[0], i < 2 ? 1 << i : 0);
    }
}

static void the_start_is_written_down(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    uint64_t when = 0;

    (void)state;
    make(&ctx);
    assert_int_equal(pel_domain_started(&ctx, 7, &when), 0);
    assert_true(when > 0);
    fake_set("/vm/" UUID "/start_time", "1700000000.25"); /* as others do */
    assert_int_equal(pel_domain_started(&ctx, 7, &when), 0);
    assert_int_equal(when, 1700000000);
    assert_int_equal(pel_domain_started(&ctx, 3, &when), -PEL_ENOENT);
}

/* A guest that other tools made has no configuration of ours. */
static void no_configuration_is_no_error(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };

    (void)state;
    make(&ctx);
    fake_rm("/pel/7");
    assert_int_equal(pel_domain_rename(&ctx, 7, "shop"), 0);
    assert_int_equal(pel_domain_set_memory(&ctx, 7, 128 << 10), 0);
    assert_null(fake_get("/pel/7/config"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_name_is_everywhere),
        cmocka_unit_test(one_that_has_gone_gets_no_name),
        cmocka_unit_test(bad_names_change_nothing),
        cmocka_unit_test(renaming_is_whole_or_not_at_all),
        cmocka_unit_test(memory_is_asked_for_and_limited),
        cmocka_unit_test(memory_stays_after_a_restart),
        cmocka_unit_test(dom0_balloons_both_ways),
        cmocka_unit_test(the_limit_is_not_below_what_it_has),
        cmocka_unit_test(vcpus_go_on_and_off),
        cmocka_unit_test(one_vcpu_or_all_are_pinned),
        cmocka_unit_test(a_configuration_places_vcpus),
        cmocka_unit_test(the_start_is_written_down),
        cmocka_unit_test(no_configuration_is_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
