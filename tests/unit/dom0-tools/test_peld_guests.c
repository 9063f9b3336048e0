/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What peld makes of the list of domains and of notes about restarts. */
#include "common.h"
#include <poll.h>
#include <sys/timerfd.h>
#include <pel/domain.h>
#include <pel/store.h>
#include <peld/guests.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <xenstore.h>
#include "device_store.h"

#define UUID_TEXT "01020304-0506-0708-090a-0b0c0d0e0f10"
#define NOTE "/pel/restart/" UUID_TEXT

static const uint8_t uuid[16] = { 1, 2,  3,  4,  5,  6,  7,  8,
                                  9, 10, 11, 12, 13, 14, 15, 16 };

/* The only guest; domid 0: there is none. */
static struct pel_dominfo guest;
static bool at_work; /* a process of the reaper's */
static unsigned int nr_restarts, nr_reaps;

int pel_domain_list(struct pel_ctx *ctx, struct pel_dominfo **out, size_t *nr)
{
    (void)ctx;
    *out = calloc(2, sizeof(**out));
    *nr = 1;
    if (guest.domid)
        (*out)[(*nr)++] = guest;
    return 0;
}

void reaper_start(struct reaper *r, const char *mode, const char *target,
                  const uint8_t *of)
{
    (void)r;
    (void)of;
    if (strcmp(mode, "--restart")) {
        nr_reaps++;
        return;
    }
    assert_string_equal(target, UUID_TEXT);
    nr_restarts++;
}

bool reaper_works_for(const struct reaper *r, const uint8_t *of)
{
    (void)r;
    assert_memory_equal(of, uuid, sizeof(uuid));
    return at_work;
}

void reaper_forget(struct reaper *r, const char *mode, const char *target)
{
    (void)r;
    (void)mode;
    (void)target;
}

int loop_add(struct loop *l, struct source *src)
{
    (void)l;
    (void)src;
    return 0;
}

void loop_del(struct loop *l, struct source *src)
{
    (void)l;
    (void)src;
}

int consoles_set(struct consoles *cs, uint32_t domid, uint64_t ring_ref,
                 uint32_t remote)
{
    (void)cs;
    (void)domid;
    (void)ring_ref;
    (void)remote;
    return 0;
}

void consoles_drop(struct consoles *cs, uint32_t domid)
{
    (void)cs;
    (void)domid;
}

/* The period of the timer is over. */
static void tick(struct guests *g)
{
    const struct itimerspec now = { .it_value = { .tv_nsec = 1 } };
    struct pollfd pfd = { .fd = g->timer.fd, .events = POLLIN };

    assert_int_equal(timerfd_settime(g->timer.fd, 0, &now, NULL), 0);
    assert_int_equal(poll(&pfd, 1, 10000), 1);
    g->timer.ready(g->timer.arg, 0);
}

// clang-format off
static const struct {
    const char *why;
    struct pel_dominfo guest;
    bool ours, at_work, finish;
} cases[] = {
    { "it is gone",                   { .domid = 0 },                   false, false, true },
    { "somebody works on it",         { .domid = 0 },                   false, true,  false },
    { "its last pages are mapped",    { .domid = 5, .dying = true },    false, false, false },
    { "it is tried by what it says",  { .domid = 5, .shutdown = true }, true,  false, false },
    { "it was put aside, nearly",     { .domid = 5, .shutdown = true }, false, false, true },
    { "it is half built",             { .domid = 6, .paused = true },   true,  false, true },
    { "it runs, and the note stayed", { .domid = 6 },                   true,  false, true },
};
// clang-format on

static void what_was_cut_short_is_finished(void **state)
{
    struct guests g;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pel_ctx ctx = { .message = "" };

        print_message("%s\n", cases[i].why);
        fake_reset();
        fake_set("/local/domain/0/name", "Domain-0");
        guest = (struct pel_dominfo){ .domid = 0 };
        at_work = false;
        g = (struct guests){ .ctx = &ctx };
        assert_int_equal(guests_init(&g), 0);

        nr_restarts = 0;
        guest = cases[i].guest;
        guest.reason = SHUTDOWN_reboot;
        memcpy(guest.uuid, uuid, sizeof(uuid));
        at_work = cases[i].at_work;
        fake_set(NOTE, "{}");
        if (cases[i].ours)
            fake_set(guest.domid == 5 ? "/pel/5/config" : "/pel/6/config",
                     "{}");
        tick(&g);
        assert_int_equal(nr_restarts, cases[i].finish);
        guests_close(&g);
    }
    fake_reset();
}

static void a_new_peld_looks_at_once(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct guests g = { .ctx = &ctx };

    (void)state;
    fake_reset();
    fake_set(NOTE, "{}");
    guest = (struct pel_dominfo){ .domid = 0 };
    nr_restarts = 0;
    assert_int_equal(guests_init(&g), 0);
    assert_int_equal(nr_restarts, 1);
    guests_close(&g);
    fake_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_cut_short_is_finished),
        cmocka_unit_test(a_new_peld_looks_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
