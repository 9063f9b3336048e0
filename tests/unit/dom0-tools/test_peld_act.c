/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What peld does with a domain that has shut down, cut short anywhere. */
#include "common.h"
#include <pel/config.h>
#include <pel/domain.h>
#include <peld/reap.h>
#include <peld/rename.h>
#include <pel/store.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <xenstore.h>
#include "device_store.h"

#define UUID_TEXT "01020304-0506-0708-090a-0b0c0d0e0f10"
#define NOTE "/pel/restart/" UUID_TEXT

static const uint8_t uuid[16] = { 1, 2,  3,  4,  5,  6,  7,  8,
                                  9, 10, 11, 12, 13, 14, 15, 16 };

/* The only guest of this host; domid 0 means that there is none. */
static struct pel_dominfo guest;
static bool nodes; /* it has nodes in the store */
static unsigned int nr_created, nr_destroyed, nr_aside;
static bool stuck; /* it cannot be destroyed */
static enum pel_action on_poweroff, on_reboot, on_crash;

/* The guest's configuration as the store has it. */
static const char *config_json(void)
{
    static char text[512];

    snprintf(text, sizeof(text),
             "{\"type\":\"pv\",\"name\":\"g\",\"uuid\":\"" UUID_TEXT
             "\",\"memory\":64,\"kernel\":\"/k\",\"on_poweroff\":\"%s\","
             "\"on_reboot\":\"%s\",\"on_crash\":\"%s\"}",
             pel_action_name(on_poweroff), pel_action_name(on_reboot),
             pel_action_name(on_crash));
    return text;
}

int pel_domain_get(struct pel_ctx *ctx, uint32_t domid, struct pel_dominfo *out)
{
    if (fake_step())
        return pel_fail(ctx, PEL_EHYPER, "hypervisor failed");
    if (guest.domid != domid)
        return pel_fail(ctx, PEL_ENOENT, "no domain %u", domid);
    *out = guest;
    return 0;
}

int pel_domain_list(struct pel_ctx *ctx, struct pel_dominfo **out, size_t *nr)
{
    if (fake_step())
        return pel_fail(ctx, PEL_EHYPER, "hypervisor failed");
    *out = calloc(2, sizeof(**out));
    *nr = 1;
    if (guest.domid)
        (*out)[(*nr)++] = guest;
    return 0;
}

int pel_domain_config(struct pel_ctx *ctx, uint32_t domid,
                      struct pel_config *cfg)
{
    (void)domid;
    if (fake_step())
        return pel_fail(ctx, PEL_ESTORE, "store failed");
    return pel_config_from_json(ctx, config_json(), strlen(config_json()), cfg);
}

int pel_domain_create(struct pel_ctx *ctx, const struct pel_config *cfg,
                      uint32_t *domid)
{
    if (fake_step())
        return pel_fail(ctx, PEL_ENOSPC, "no memory");
    assert_int_equal(guest.domid, 0);
    nr_created++;
    guest = (struct pel_dominfo){ .domid = 9, .paused = true };
    memcpy(guest.uuid, cfg->uuid, sizeof(guest.uuid));
    nodes = true;
    *domid = 9;
    return 0;
}

int pel_domain_unpause(struct pel_ctx *ctx, uint32_t domid)
{
    assert_int_equal(guest.domid, domid);
    if (fake_step())
        return pel_fail(ctx, PEL_EHYPER, "hypervisor failed");
    guest.paused = false;
    guest.cpu_time_ns = 1;
    return 0;
}

int pel_domain_destroy(struct pel_ctx *ctx, uint32_t domid)
{
    (void)domid;
    if (fake_step())
        return pel_fail(ctx, PEL_EHYPER, "hypervisor failed");
    if (!guest.domid && !nodes)
        return pel_fail(ctx, PEL_ENOENT, "no domain");
    if (stuck)
        return pel_fail(ctx, PEL_EHYPER, "will not go");
    memset(&guest, 0, sizeof(guest));
    nodes = false;
    nr_destroyed++;
    return 0;
}

/* A domain that is put aside is no guest any more. */
int rename_uuid(struct pel_ctx *ctx, uint32_t domid, const uint8_t *other)
{
    assert_int_equal(guest.domid, domid);
    assert_memory_not_equal(guest.uuid, other, sizeof(guest.uuid));
    if (fake_step())
        return pel_fail(ctx, PEL_EHYPER, "hypervisor failed");
    memset(&guest, 0, sizeof(guest));
    return 0;
}

int rename_away(struct pel_ctx *ctx, uint32_t domid,
                const struct pel_config *cfg)
{
    static const uint8_t other[16] = { 99 };

    assert_string_equal(cfg->name, "g");
    if (fake_step())
        return pel_fail(ctx, PEL_ESTORE, "store failed");
    nodes = false; /* from here on it is not ours */
    nr_aside++;
    return rename_uuid(ctx, domid, other);
}

static void no_log(enum pel_log_level level, const char *line, void *arg)
{
    (void)level;
    (void)line;
    (void)arg;
}

static void fill(uint8_t reason)
{
    fake_reset();
    guest = (struct pel_dominfo){ .domid = 5, .shutdown = true };
    guest.reason = reason;
    guest.cpu_time_ns = 77;
    memcpy(guest.uuid, uuid, sizeof(uuid));
    nodes = true;
    nr_created = nr_destroyed = nr_aside = 0;
    fake_set("/pel/5/config", "{}");
}

static void close_ctx(struct pel_ctx *ctx)
{
    if (ctx->store)
        xs_close(ctx->store);
    ctx->store = NULL;
}

static const struct {
    const char *why;
    uint8_t reason;
    enum pel_action poweroff, reboot, crash;
    unsigned int destroyed, created;
} cases[] = {
    { "power-off: destroy", SHUTDOWN_poweroff, PEL_ACTION_DESTROY,
      PEL_ACTION_RESTART, PEL_ACTION_RESTART, 1, 0 },
    { "power-off: restart", SHUTDOWN_poweroff, PEL_ACTION_RESTART,
      PEL_ACTION_DESTROY, PEL_ACTION_DESTROY, 1, 1 },
    { "reboot: restart", SHUTDOWN_reboot, PEL_ACTION_DESTROY,
      PEL_ACTION_RESTART, PEL_ACTION_DESTROY, 1, 1 },
    { "crash: preserve", SHUTDOWN_crash, PEL_ACTION_DESTROY, PEL_ACTION_DESTROY,
      PEL_ACTION_PRESERVE, 0, 0 },
    { "crash: destroy", SHUTDOWN_crash, PEL_ACTION_RESTART, PEL_ACTION_RESTART,
      PEL_ACTION_DESTROY, 1, 0 },
    { "the watchdog is a crash", SHUTDOWN_watchdog, PEL_ACTION_PRESERVE,
      PEL_ACTION_PRESERVE, PEL_ACTION_RESTART, 1, 1 },
    { "a reason of the future is a crash", 99, PEL_ACTION_PRESERVE,
      PEL_ACTION_PRESERVE, PEL_ACTION_DESTROY, 1, 0 },
    { "crash: put aside and restart", SHUTDOWN_crash, PEL_ACTION_DESTROY,
      PEL_ACTION_DESTROY, PEL_ACTION_RENAME_RESTART, 0, 1 },
    { "suspended: somebody saves it", SHUTDOWN_suspend, PEL_ACTION_DESTROY,
      PEL_ACTION_DESTROY, PEL_ACTION_DESTROY, 0, 0 },
};

static void actions_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pel_ctx ctx = { .log_fn = no_log };

        print_message("%s\n", cases[i].why);
        fill(cases[i].reason);
        on_poweroff = cases[i].poweroff;
        on_reboot = cases[i].reboot;
        on_crash = cases[i].crash;
        assert_int_equal(reap_domain(&ctx, 5), 0);
        assert_int_equal(nr_destroyed, cases[i].destroyed);
        assert_int_equal(nr_created, cases[i].created);
        assert_null(fake_get("/pel/restart"));
        assert_false(cases[i].created && guest.paused);
        assert_int_equal(nr_aside, cases[i].created > cases[i].destroyed);
        close_ctx(&ctx);
    }
    fake_reset();
}

static void a_domain_that_runs_is_left_alone(void **state)
{
    struct pel_ctx ctx = { .log_fn = no_log };

    (void)state;
    fill(SHUTDOWN_poweroff);
    guest.shutdown = false;
    on_poweroff = PEL_ACTION_DESTROY;
    assert_int_equal(reap_domain(&ctx, 5), 0);
    assert_int_equal(nr_destroyed, 0);
    close_ctx(&ctx);
    fake_reset();
}

static void nodes_without_a_domain_are_removed(void **state)
{
    struct pel_ctx ctx = { .log_fn = no_log };

    (void)state;
    fill(SHUTDOWN_poweroff);
    memset(&guest, 0, sizeof(guest));
    assert_int_equal(reap_domain(&ctx, 5), 0);
    assert_int_equal(nr_destroyed, 1);
    assert_null(fake_get("/pel/5"));
    close_ctx(&ctx);
    fake_reset();
}

/*
 * PELD-1: the process dies before its n-th step, for every n.  Somebody who
 * then does what a new peld does gets the guest back, once.
 */
static void cut_short_everywhere(enum pel_action action)
{
    unsigned int n = 0;
    int rc;

    on_reboot = action;
    do {
        struct pel_ctx ctx = { .log_fn = no_log };

        fill(SHUTDOWN_reboot);
        fake_dead_in = ++n;
        rc = reap_domain(&ctx, 5);
        fake_dead_in = 0;
        fake_dead = false;
        close_ctx(&ctx);
        pel_error_clear(&ctx);

        if (guest.domid == 5 && nodes)
            assert_int_equal(reap_domain(&ctx, 5), 0);
        else
            assert_int_equal(reap_restart(&ctx, UUID_TEXT), 0);
        assert_int_equal(guest.domid, 9);
        assert_false(guest.paused);
        assert_null(fake_get("/pel/restart"));
        close_ctx(&ctx);
    } while (rc);
    assert_true(n > 8);
    fake_reset();
}

static void a_restart_cut_short_is_finished(void **state)
{
    (void)state;
    cut_short_everywhere(PEL_ACTION_RESTART);
}

static void a_renaming_cut_short_is_finished(void **state)
{
    (void)state;
    cut_short_everywhere(PEL_ACTION_RENAME_RESTART);
}

static const struct {
    const char *why;
    uint8_t reason;
    bool marked;      /* it is a restarted one, */
    int ago_s;        /* since so long */
    unsigned created; /* restarted again */
} again[] = {
    { "a first crash", SHUTDOWN_crash, false, 0, 1 },
    { "a crash at once", SHUTDOWN_crash, true, 0, 0 },
    { "a crash soon", SHUTDOWN_crash, true, 8, 0 },
    { "a crash after a while", SHUTDOWN_crash, true, 11, 1 },
    { "a reboot at once", SHUTDOWN_reboot, true, 0, 1 },
};

static void a_guest_that_crashes_again_stays_away(void **state)
{
    (void)state;
    on_reboot = on_crash = PEL_ACTION_RESTART;
    for (size_t i = 0; i < ARRAY_SIZE(again); i++) {
        struct pel_ctx ctx = { .log_fn = no_log };
        char since[24];

        print_message("%s\n", again[i].why);
        fill(again[i].reason);
        snprintf(since, sizeof(since), "%llu",
                 (unsigned long long)pel_store_now_ns() / 1000000000 -
                     (unsigned int)again[i].ago_s);
        if (again[i].marked)
            fake_set("/pel/5/restarted", since);
        assert_int_equal(reap_domain(&ctx, 5), 0);
        assert_int_equal(nr_created, again[i].created);
        assert_int_equal(nr_destroyed, 1);
        if (again[i].created)
            assert_non_null(fake_get("/pel/9/restarted"));
        close_ctx(&ctx);
    }
    fake_reset();
}

/* One that cannot be built is told once, not tried for ever. */
static void a_guest_that_cannot_be_built_is_given_up(void **state)
{
    struct pel_ctx ctx = { .log_fn = no_log };
    int rc;

    (void)state;
    fill(SHUTDOWN_reboot);
    memset(&guest, 0, sizeof(guest));
    nodes = false;
    fake_set(NOTE, config_json());
    /* connection, note, list; then the creation */
    fake_fail_in = 4;
    rc = reap_restart(&ctx, UUID_TEXT);
    assert_int_equal(rc, -PEL_ENOSPC);
    assert_told(&ctx, rc, "no memory");
    assert_null(fake_get("/pel/restart"));
    close_ctx(&ctx);
    fake_reset();
}

/* Else the guest would come back when an admin destroys it for good. */
static void a_domain_that_stays_leaves_no_note(void **state)
{
    struct pel_ctx ctx = { .log_fn = no_log };

    (void)state;
    fill(SHUTDOWN_reboot);
    on_reboot = PEL_ACTION_RESTART;
    stuck = true;
    assert_int_equal(reap_domain(&ctx, 5), -PEL_EHYPER);
    assert_told(&ctx, -1, "will not go");
    assert_null(fake_get("/pel/restart"));
    /* Gone but for its last pages, it is known by the note alone. */
    fake_rm("/pel/5");
    fake_set("/pel/6", "");
    pel_error_clear(&ctx);
    assert_int_equal(reap_domain(&ctx, 5), -PEL_EHYPER);
    assert_non_null(fake_get(NOTE));
    stuck = false;
    close_ctx(&ctx);
    fake_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions_follow_the_table),
        cmocka_unit_test(a_domain_that_runs_is_left_alone),
        cmocka_unit_test(nodes_without_a_domain_are_removed),
        cmocka_unit_test(a_restart_cut_short_is_finished),
        cmocka_unit_test(a_renaming_cut_short_is_finished),
        cmocka_unit_test(a_guest_that_crashes_again_stays_away),
        cmocka_unit_test(a_guest_that_cannot_be_built_is_given_up),
        cmocka_unit_test(a_domain_that_stays_leaves_no_note),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
