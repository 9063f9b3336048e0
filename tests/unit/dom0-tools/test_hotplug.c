/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that are attached while a guest runs, and are noted or go again. */
#include "common.h"
#include <pel/device.h>
#include <pel/domain.h>

static bool disk, nic;   /* what guest 7 has */
static bool full, stuck; /* the store takes no more; devices stay */
static unsigned int nr_warnings;

int pel_domain_get(struct pel_ctx *ctx, uint32_t domid, struct pel_dominfo *out)
{
    (void)ctx;
    *out = (struct pel_dominfo){ .domid = domid };
    return 0;
}

int pel_vbd_attach(struct pel_ctx *ctx, uint32_t domid,
                   const struct pel_disk *d)
{
    (void)ctx;
    assert_int_equal(domid, 7);
    assert_string_equal(d->vdev, "xvdb");
    disk = true;
    return 0;
}

int pel_vif_attach(struct pel_ctx *ctx, uint32_t domid, uint32_t devid,
                   const struct pel_nic *n)
{
    (void)ctx;
    (void)n;
    assert_int_equal(domid, 7);
    assert_int_equal(devid, 0);
    nic = true;
    return 0;
}

int pel_devices_info(struct pel_ctx *ctx, uint32_t domid, const char *kind,
                     struct pel_devinfo **out, size_t *nr)
{
    (void)ctx;
    (void)domid;
    (void)kind;
    *out = NULL;
    *nr = 0;
    return 0;
}

int pel_device_detach(struct pel_ctx *ctx, uint32_t domid, const char *kind,
                      uint32_t devid, bool force)
{
    assert_int_equal(domid, 7);
    assert_true(force);
    assert_int_equal(devid, strcmp(kind, "vif") ? 202 << 8 | 16 : 0);
    if (stuck)
        return pel_fail(ctx, PEL_ETIMEDOUT, "does not let go");
    *(strcmp(kind, "vif") ? &disk : &nic) = false;
    return 0;
}

int pel_domain_config_change(struct pel_ctx *ctx, uint32_t domid,
                             int (*fn)(struct pel_ctx *ctx,
                                       struct pel_config *cfg, void *arg),
                             void *arg)
{
    struct pel_config cfg;
    int rc;

    assert_int_equal(domid, 7);
    pel_config_init(&cfg);
    rc = full ? pel_fail(ctx, PEL_ESTORE, "too long") : fn(ctx, &cfg, arg);
    pel_config_free(&cfg);
    return rc;
}

static void count_log(enum pel_log_level level, const char *line, void *arg)
{
    (void)arg;
    nr_warnings += level == PEL_LOG_WARN && strstr(line, "left behind");
}

static void what_cannot_be_noted_goes_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct pel_ctx ctx = { .log_fn = count_log };
        struct pel_disk d = { .target = NULL };
        struct pel_nic n = { .bridge = NULL };
        int want = i ? -PEL_ESTORE : 0;

        full = i > 0;
        stuck = i > 1;
        disk = nic = false;
        nr_warnings = 0;
        assert_int_equal(pel_disk_parse(&ctx, "file:/d,xvdb,w", &d), 0);
        assert_int_equal(pel_domain_add_disk(&ctx, 7, &d), want);
        assert_int_equal(disk, !full || stuck);
        assert_int_equal(!!strstr(ctx.message, "too long"), full);
        pel_error_clear(&ctx);
        assert_int_equal(pel_domain_add_nic(&ctx, 7, &n), want);
        assert_int_equal(nic, !full || stuck);
        assert_int_equal(!!strstr(ctx.message, "too long"), full);
        assert_int_equal(nr_warnings, stuck ? 2 : 0);
        pel_disk_free(&d);
        pel_nic_free(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_noted_goes_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
