/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's nodes in the store: where front ends and stock tools look, whose
 * they are, and that they go without a trace.
 */
#include "common.h"
#include <errno.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include <libpel/domain/local.h>
#include "device_store.h"

static void close_store(struct pel_ctx *ctx)
{
    if (ctx->store)
        xs_close(ctx->store);
}

#define CLOSED __attribute__((cleanup(close_store)))

static const struct shared_pages shared = {
    .store_mfn = 100,
    .console_mfn = 101,
    .store_port = 1,
    .console_port = 2,
};

static struct pel_config config(void)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    struct pel_config c;

    pel_config_init(&c);
    c.name = strdup("web");
    c.kernel = strdup("/k");
    c.ramdisk = strdup("/r");
    c.memory_kb = 256 << 10;
    c.maxmem_kb = 512 << 10;
    c.vcpus = 1;
    c.maxvcpus = 2;
    memset(c.uuid, 0x11, sizeof(c.uuid));
    c.has_uuid = true;
    assert_int_equal(pel_config_finish(&ctx, &c), 0);
    return c;
}

/* Domain 3, as the hypervisor has it; all others live. */
static enum { LIVES, DYING, GONE } third;

int pel_hc_info(struct pel_ctx *ctx, uint32_t domid,
                struct xen_domctl_getdomaininfo *out)
{
    if (fake_step())
        return pel_fail(ctx, PEL_EHYPER, "hypervisor failed");
    if (domid == 3 && third == GONE)
        return pel_fail(ctx, PEL_ENOENT, "there is no domain 3");
    *out = (struct xen_domctl_getdomaininfo){ .domain = (domid_t)domid };
    if (domid == 3 && third == DYING)
        out->flags = XEN_DOMINF_dying;
    return 0;
}

static bool introduced;

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
                         unsigned long mfn, unsigned int eventchn)
{
    (void)h;
    if (fake_step())
        return false;
    assert_int_equal(domid, 7);
    assert_int_equal(mfn, 100);
    assert_int_equal(eventchn, 1);
    introduced = true;
    return true;
}

#define UUID "11111111-1111-1111-1111-111111111111"

static int add(struct pel_ctx *ctx)
{
    struct pel_config c = config();
    int rc = domain_nodes_add(ctx, 7, &c, &shared);

    pel_config_free(&c);
    return rc;
}

static void fill(void)
{
    fake_reset();
    third = LIVES;
    fake_set("/local/domain/0/name", "Domain-0");
    fake_set("/local/domain/3/name", "db");
}

static const struct {
    const char *path, *value, *perms;
} expected[] = {
    { "/local/domain/7/name", "web", "n0,r7" },
    { "/local/domain/7/vm", "/vm/" UUID, "n0,r7" },
    { "/local/domain/7/domid", "7", "n0,r7" },
    { "/local/domain/7/memory/target", "262144", "n0,r7" },
    { "/local/domain/7/memory/static-max", "524288", "n0,r7" },
    { "/local/domain/7/cpu/0/availability", "online", "n0,r7" },
    { "/local/domain/7/cpu/1/availability", "offline", "n0,r7" },
    { "/local/domain/7/store/ring-ref", "100", "n0,r7" },
    { "/local/domain/7/store/port", "1", "n0,r7" },
    { "/local/domain/7/console/ring-ref", "101", "n0,r7" },
    { "/local/domain/7/console/port", "2", "n0,r7" },
    { "/local/domain/7/console/type", "xenconsoled", "n0,r7" },
    { "/local/domain/7/device", "", "n0,r7" },
    { "/local/domain/7/control", "", "n0,r7" },
    { "/local/domain/7/control/shutdown", "", "n7" },
    { "/local/domain/7/data", "", "n7" },
    { "/local/domain/7/error", "", "n7" },
    { "/vm/" UUID "/name", "web", "n0,r7" },
    { "/vm/" UUID "/image/kernel", "/k", "n0,r7" },
    { "/libxl/7/type", "pv", "n0" },
};

static void they_are_where_others_look(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };

    (void)state;
    fill();
    assert_int_equal(add(&ctx), 0);
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        print_message("%s\n", expected[i].path);
        assert_non_null(fake_get(expected[i].path));
        assert_string_equal(fake_get(expected[i].path), expected[i].value);
        assert_string_equal(fake_perms(expected[i].path), expected[i].perms);
    }
    /* The guest must not read what dom0 knows of its files. */
    assert_string_equal(fake_perms("/pel/7/config"), "n0");
}

static void the_configuration_can_be_read_back(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    struct pel_config c;
    const char *json;

    (void)state;
    fill();
    assert_int_equal(add(&ctx), 0);
    json = fake_get("/pel/7/config");
    assert_int_equal(pel_config_from_json(&ctx, json, strlen(json), &c), 0);
    assert_string_equal(c.name, "web");
    assert_int_equal(c.maxvcpus, 2);
    pel_config_free(&c);
}

/* The note of a restart has it too, and a path that is longer. */
static void one_that_the_store_cannot_hold_is_refused(void **state)
{
    static const struct {
        size_t more;
        int rc;
    } cases[] = { { 0, 0 }, { 1, -PEL_EINVAL }, { 5000, -PEL_EINVAL } };
    size_t least;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pel_ctx ctx CLOSED = { .message = "" };
        struct pel_config c = config();
        char *json, *before, *after;

        assert_int_equal(domain_config_text(&ctx, &c, &json), 0);
        least = strlen(json);
        free(json);
        free(c.kernel);
        c.kernel = calloc(1, CONFIG_TEXT_MAX - least + cases[i].more + 3);
        memset(c.kernel, 'k', CONFIG_TEXT_MAX - least + cases[i].more + 2);
        fill();
        before = fake_dump();
        assert_int_equal(domain_nodes_add(&ctx, 7, &c, &shared), cases[i].rc);
        assert_told(&ctx, cases[i].rc, cases[i].rc ? "4000 are allowed" : NULL);
        after = fake_dump();
        assert_int_equal(strcmp(before, after) == 0, cases[i].rc != 0);
        free(before);
        free(after);
        pel_config_free(&c);
    }
}

static void they_go_without_a_trace(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    char *before, *after;

    (void)state;
    fill();
    before = fake_dump();
    assert_int_equal(add(&ctx), 0);
    assert_true(domain_nodes_exist(&ctx, 7));
    /* The console's go with the devices. */
    fake_set("/libxl/7/device", "");
    assert_int_equal(domain_nodes_remove(&ctx, 7), 0);
    assert_false(domain_nodes_exist(&ctx, 7));
    assert_null(fake_get("/vm"));
    assert_null(fake_get("/pel"));
    assert_null(fake_get("/libxl"));
    assert_int_equal(domain_nodes_remove(&ctx, 7), 0);
    after = fake_dump();
    assert_non_null(strstr(after, "/local/domain/3/name=db"));
    assert_null(strstr(after, "\n/local/domain/7"));
    free(before);
    free(after);
}

static void a_neighbours_nodes_stay(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };

    (void)state;
    fill();
    fake_set("/vm/other/name", "db");
    fake_set("/pel/3/config", "{}");
    fake_set("/libxl/3/type", "pv");
    assert_int_equal(add(&ctx), 0);
    assert_int_equal(domain_nodes_remove(&ctx, 7), 0);
    assert_string_equal(fake_get("/vm/other/name"), "db");
    assert_string_equal(fake_get("/pel/3/config"), "{}");
    assert_string_equal(fake_get("/libxl/3/type"), "pv");
}

static void a_name_is_given_once(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    char *before, *after;

    (void)state;
    fill();
    fake_set("/local/domain/3/name", "web");
    before = fake_dump();
    assert_int_equal(add(&ctx), -PEL_EEXIST);
    assert_told(&ctx, -1, "\"web\" already, with id 3");
    after = fake_dump();
    assert_string_equal(before, after);
    free(before);
    free(after);
}

/* All nodes of domain 3, with the UUID that 7 is to have. */
static void be_third(const char *name)
{
    fake_set("/local/domain/3/name", name);
    fake_set("/local/domain/3/vm", "/vm/" UUID);
    fake_set("/vm/" UUID "/name", name);
    fake_set("/pel/3/config", "{}");
    fake_set("/libxl/3/type", "pv");
}

/* Of two creations at once one gets the name, and the other is undone. */
static void the_loser_takes_nothing_from_the_winner(void **state)
{
    static const struct {
        const char *name, *told;
    } cases[] = {
        { "web", "\"web\" already, with id 3" },
        { "db", "domain 3 has the same UUID" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pel_ctx ctx CLOSED = { .message = "" };
        char *before, *after;

        print_message("%s\n", cases[i].told);
        fill();
        be_third(cases[i].name);
        before = fake_dump();
        assert_int_equal(add(&ctx), -PEL_EEXIST);
        assert_told(&ctx, -1, cases[i].told);
        assert_int_equal(domain_nodes_remove(&ctx, 7), 0);
        after = fake_dump();
        assert_string_equal(before, after);
        free(before);
        free(after);
    }
}

/* A destroyer was killed after the domain, before its nodes. */
static void one_that_has_gone_holds_no_name(void **state)
{
    (void)state;
    for (third = DYING; third <= GONE; third++) {
        struct pel_ctx ctx CLOSED = { .message = "" };
        int how = third;

        for (int same = 0; same < 2; same++) {
            fill();
            third = how;
            be_third(same ? "web" : "db");
            assert_int_equal(add(&ctx), 0);
            assert_string_equal(fake_get("/local/domain/7/name"), "web");
            assert_string_equal(fake_get("/vm/" UUID "/name"), "web");
            assert_null(fake_get("/local/domain/3/name"));
            /* It is still known, so that its end is finished. */
            assert_non_null(fake_get("/pel/3/config"));
        }
        /* Whoever does that leaves the other's nodes alone. */
        assert_int_equal(domain_nodes_remove(&ctx, 3), 0);
        assert_null(fake_get("/local/domain/3"));
        assert_string_equal(fake_get("/vm/" UUID "/name"), "web");
    }
}

static void what_a_predecessor_left_is_not_believed(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };

    (void)state;
    fill();
    fake_set("/local/domain/7/device/vif/0/state", "4");
    fake_set("/vm/" UUID "/old", "1");
    assert_int_equal(add(&ctx), 0);
    assert_null(fake_get("/local/domain/7/device/vif/0/state"));
    assert_null(fake_get("/vm/" UUID "/old"));
}

static void conflicts_are_tried_again(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };

    (void)state;
    fill();
    fake_conflicts = 3;
    assert_int_equal(add(&ctx), 0);
    assert_string_equal(fake_get("/local/domain/7/name"), "web");
    fake_conflicts = 2;
    assert_int_equal(domain_nodes_remove(&ctx, 7), 0);
    assert_null(fake_get("/local/domain/7"));
}

static void the_store_hears_of_the_ring(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    int rc;

    (void)state;
    fill();
    introduced = false;
    assert_int_equal(domain_nodes_introduce(&ctx, 7, &shared), 0);
    assert_true(introduced);
    fake_fail_in = 1;
    rc = domain_nodes_introduce(&ctx, 7, &shared);
    assert_int_equal(rc, -PEL_ESTORE);
    assert_told(&ctx, rc, "does not take domain 7");
}

/* Whichever call fails, removal afterwards takes all there is. */
static void each_call_may_fail(void **state)
{
    unsigned int n = 0;
    int rc;

    (void)state;
    do {
        struct pel_ctx ctx CLOSED = { .message = "" };

        fill();
        third = DYING;
        be_third("web");
        fake_fail_in = ++n;
        rc = add(&ctx);
        fake_fail_in = 0;
        assert_told(&ctx, rc, NULL);
        if (rc) {
            pel_error_clear(&ctx);
            assert_int_equal(domain_nodes_remove(&ctx, 7), 0);
            assert_false(domain_nodes_exist(&ctx, 7));
            assert_null(fake_get("/pel/7"));
        }
    } while (rc || fake_failed);
    print_message("%u calls\n", n - 1);
    assert_true(n > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_where_others_look),
        cmocka_unit_test(the_configuration_can_be_read_back),
        cmocka_unit_test(one_that_the_store_cannot_hold_is_refused),
        cmocka_unit_test(they_go_without_a_trace),
        cmocka_unit_test(a_neighbours_nodes_stay),
        cmocka_unit_test(a_name_is_given_once),
        cmocka_unit_test(the_loser_takes_nothing_from_the_winner),
        cmocka_unit_test(one_that_has_gone_holds_no_name),
        cmocka_unit_test(what_a_predecessor_left_is_not_believed),
        cmocka_unit_test(conflicts_are_tried_again),
        cmocka_unit_test(the_store_hears_of_the_ring),
        cmocka_unit_test(each_call_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
