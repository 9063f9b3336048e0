/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is who: domains by name and by id, and guests between two domains. */
#include "common.h"
#include <xen/sched.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include "device_store.h"

static void close_store(struct pel_ctx *ctx)
{
    if (ctx->store)
        xs_close(ctx->store);
}

#define CLOSED __attribute__((cleanup(close_store)))

/* The hypervisor's domains: ids 0, 10, 20, ... */
static uint32_t nr_domains;

static struct xen_domctl_getdomaininfo domain(uint32_t i)
{
    struct xen_domctl_getdomaininfo d = { .domain = i * 10 };

    d.tot_pages = 256;
    d.max_pages = 512;
    d.nr_online_vcpus = 2;
    d.cpu_time = 7;
    return d;
}

int pel_hc_infos(struct pel_ctx *ctx, uint32_t first,
                 struct xen_domctl_getdomaininfo *out, size_t max, size_t *nr)
{
    if (fake_step())
        return pel_fail(ctx, PEL_EHYPER, "told to fail");
    *nr = 0;
    for (uint32_t i = 0; i < nr_domains && *nr < max; i++)
        if (i * 10 >= first)
            out[(*nr)++] = domain(i);
    return 0;
}

int pel_hc_info(struct pel_ctx *ctx, uint32_t domid,
                struct xen_domctl_getdomaininfo *out)
{
    if (domid % 10 || domid / 10 >= nr_domains)
        return pel_fail(ctx, PEL_ENOENT, "there is no domain %u", domid);
    *out = domain(domid / 10);
    out->flags = XEN_DOMINF_shutdown | XEN_DOMINF_dying |
                 SHUTDOWN_crash << XEN_DOMINF_shutdownshift;
    return 0;
}

static void fill(void)
{
    fake_reset();
    nr_domains = 3;
    fake_set("/local/domain/0/name", "Domain-0");
    fake_set("/local/domain/20/name", "web"); /* 10 has no name yet */
}

static void many_domains_are_listed(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    struct pel_dominfo *list;
    size_t nr;

    (void)state;
    fill();
    for (nr_domains = 0; nr_domains < 1200; nr_domains += 255) {
        assert_int_equal(pel_domain_list(&ctx, &list, &nr), 0);
        assert_int_equal(nr, nr_domains);
        for (size_t i = 0; i < nr; i++)
            assert_int_equal(list[i].domid, i * 10);
        free(list);
    }
    nr_domains = 256; /* just as many as one call brings */
    assert_int_equal(pel_domain_list(&ctx, &list, &nr), 0);
    assert_int_equal(nr, 256);
    assert_int_equal(list[0].memory_kb, 1024);
    assert_int_equal(list[0].max_kb, 2048);
    assert_int_equal(list[0].vcpus, 2);
    assert_int_equal(list[0].reason, PEL_REASON_NONE);
    free(list);
}

static void flags_are_told_apart(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    struct pel_dominfo d;

    (void)state;
    fill();
    assert_int_equal(pel_domain_get(&ctx, 10, &d), 0);
    assert_true(d.shutdown && d.dying);
    assert_false(d.paused || d.blocked || d.running);
    assert_int_equal(d.reason, SHUTDOWN_crash);
}

static const struct {
    const char *why, *who;
    int rc;
    uint32_t domid;
    const char *says;
} cases[] = {
    { "a name", "web", 0, 20, NULL },
    { "dom0", "Domain-0", 0, 0, NULL },
    { "an id", "20", 0, 20, NULL },
    { "an id without a name", "10", 0, 10, NULL },
    { "no such id", "15", -PEL_ENOENT, 0, "no domain 15" },
    { "no such name", "we", -PEL_ENOENT, 0, "no domain \"we\"" },
    { "a long number is a name", "000000000020", -PEL_ENOENT, 0, "pel list" },
    { "nothing", "", -PEL_ENOENT, 0, "no domain \"\"" },
    { "between two domains", "moving", -PEL_ESTATE, 0, "being restarted" },
};

static void domains_are_found(void **state)
{
    (void)state;
    fill();
    fake_set("/pel/restart/u1", "no JSON");
    fake_set("/pel/restart/u2", "{\"name\":\"moving\"}");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pel_ctx ctx CLOSED = { .message = "" };
        uint32_t domid;
        int rc;

        print_message("%s\n", cases[i].why);
        rc = pel_domain_find(&ctx, cases[i].who, &domid);
        assert_int_equal(rc, cases[i].rc);
        assert_told(&ctx, rc, cases[i].says);
        if (!rc)
            assert_int_equal(domid, cases[i].domid);
    }
}

static void errors_are_not_taken_for_absence(void **state)
{
    unsigned int n = 0, told = 0;
    int rc;

    (void)state;
    do {
        struct pel_ctx ctx CLOSED = { .message = "" };
        uint32_t domid;

        fill();
        fake_fail_in = ++n;
        rc = pel_domain_find(&ctx, "web", &domid);
        fake_fail_in = 0;
        assert_told(&ctx, rc, NULL);
        assert_int_not_equal(rc, -PEL_ENOENT);
        told += rc != 0;
    } while (rc || fake_failed);
    assert_true(told > 2);
}

static void configurations_are_read(void **state)
{
    struct pel_ctx ctx CLOSED = { .message = "" };
    struct pel_config c;

    (void)state;
    fill();
    pel_config_init(&c);
    assert_int_equal(pel_domain_config(&ctx, 20, &c), -PEL_ENOENT);
    pel_error_clear(&ctx);
    fake_set("/pel/20/config", "{");
    assert_int_equal(pel_domain_config(&ctx, 20, &c), -PEL_EFORMAT);
    pel_error_clear(&ctx);
    fake_set("/pel/20/config", "{\"name\":\"web\",\"kernel\":\"/k\"}");
    assert_int_equal(pel_domain_config(&ctx, 20, &c), 0);
    assert_string_equal(c.kernel, "/k");
    pel_config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_domains_are_listed),
        cmocka_unit_test(flags_are_told_apart),
        cmocka_unit_test(domains_are_found),
        cmocka_unit_test(errors_are_not_taken_for_absence),
        cmocka_unit_test(configurations_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
