/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that are asked to suspend, and take their time. */
#include "common.h"
#include <errno.h>
#include <stdbool.h>
#include <time.h>
#include <xenstore.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <pel/device.h>
#include <pel/domain.h>
#include <pel/store.h>
#include "libpel/domain/suspend.h"

#define DOMID 7
#define NEVER UINT64_MAX
#define SECOND 1000000000ull

static struct pel_ctx ctx;
static uint64_t now;
static uint64_t takes, suspends; /* when the guest does */
static bool store_dies;          /* once it was asked */
static char word[16];            /* in control/shutdown */

/* ---- the guest, its store and the clock -----------------------------------
 */

static void advance(uint64_t to)
{
    now = to;
    if (!strcmp(word, "suspend") && now >= takes)
        word[0] = '\0';
}

uint64_t pel_store_now_ns(void) { return now; }

int pel_domain_get(struct pel_ctx *c, uint32_t domid, struct pel_dominfo *info)
{
    (void)c;
    *info = (struct pel_dominfo){
        .domid = domid,
        .shutdown = now >= suspends,
        .reason = SHUTDOWN_suspend,
    };
    return 0;
}

/* From one second to the next. */
int pel_store_wait(struct pel_store *s, uint64_t deadline_ns,
                   int (*check)(struct pel_store *s, void *arg), void *arg,
                   const char *path_fmt, ...)
{
    int rc;

    (void)path_fmt;
    if (store_dies)
        return -EIO;
    while (!(rc = check(s, arg)) && now < deadline_ns)
        advance(now + SECOND);
    return rc ? rc : -ETIMEDOUT;
}

char *pel_store_read(struct pel_store *s, const char *path_fmt, ...)
{
    (void)s;
    (void)path_fmt;
    return strdup(word);
}

int pel_store_write(struct pel_store *s, const char *value,
                    const char *path_fmt, ...)
{
    (void)s;
    (void)path_fmt;
    strcpy(word, value);
    return 0;
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
    (void)left;
    advance(now + t->tv_nsec);
    return 0;
}

int pel_store_txn(struct pel_store *s,
                  int (*fn)(struct pel_store *s, void *arg), void *arg)
{
    if (store_dies)
        return -EIO;
    return fn(s, arg);
}

int pel_store_use(struct pel_ctx *c, struct pel_store *s)
{
    (void)c;
    memset(s, 0, sizeof(*s));
    return 0;
}

int pel_devices_wait_connected(struct pel_ctx *c, uint32_t domid, int limit_ms)
{
    (void)c;
    (void)domid;
    (void)limit_ms;
    return 0;
}

/* Nobody lets it go on here. */
int pel_store_fail(struct pel_ctx *c, int rc, const char *fmt, ...)
{
    (void)c;
    (void)rc;
    (void)fmt;
    abort();
}

int pel_hc_get_vcpu(void) { abort(); }
int pel_hc_set_vcpu(void) { abort(); }
int pel_hc_resume(void) { abort(); }
bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
    (void)h;
    (void)domid;
    abort();
}

/* ---- the tests ------------------------------------------------------------
 */

static const struct {
    const char *why;
    uint64_t takes, suspends; /* in seconds */
    int rc;
    bool store_dies;
} cases[] = {
    { "at once", 0, 1, 0, false },
    { "late", 1, 59, 0, false },
    { "it begins in time, and freezes its programs", 59, 80, 0, false },
    { "it begins, and cannot", 59, NEVER, -PEL_ETIMEDOUT, false },
    { "it does not listen", NEVER, NEVER, -PEL_ETIMEDOUT, false },
    { "it hears of it from the next store", 3, 5, 0, true },
};

/* Who was told that it did not suspend does not find it suspended later. */
static void who_has_begun_is_waited_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int rc;

        print_message("%s\n", cases[i].why);
        now = 0;
        store_dies = cases[i].store_dies;
        word[0] = '\0';
        takes = cases[i].takes == NEVER ? NEVER : cases[i].takes * SECOND;
        suspends =
            cases[i].suspends == NEVER ? NEVER : cases[i].suspends * SECOND;
        rc = domain_suspend(&ctx, DOMID);
        assert_int_equal(rc, cases[i].rc);
        assert_told(&ctx, rc, "did not suspend");
        pel_error_clear(&ctx);
        assert_string_equal(word, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_begun_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
