/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --resolve does to guests, by what journals say. */
#include "common.h"
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/domain.h>
#include <pel/journal.h>
#include <pel/migrate.h>
#include "libpel/domain/claim.h"

#define ID "01234567-0123-0123-0123-0123456789ab"
#define DOMID 7

static struct pel_ctx ctx;
static struct pel_dominfo guest; /* the only one there is */
static int destroyed, resumed, undone;
static bool silent; /* the hypervisor cannot be asked */

/* ---- in place of the host -------------------------------------------------
 */

int pel_domain_get(struct pel_ctx *c, uint32_t domid, struct pel_dominfo *info)
{
    if (silent)
        return pel_fail(c, PEL_EHYPER, "no answer");
    if (domid != guest.domid)
        return pel_fail(c, PEL_ENOENT, "no domain");
    *info = guest;
    return 0;
}

int pel_domain_list(struct pel_ctx *c, struct pel_dominfo **list, size_t *nr)
{
    if (silent)
        return pel_fail(c, PEL_EHYPER, "no answer");
    *list = malloc(sizeof(guest));
    **list = guest;
    *nr = 1;
    return 0;
}

int pel_domain_destroy(struct pel_ctx *c, uint32_t domid)
{
    (void)c;
    assert_int_equal(domid, DOMID);
    destroyed++;
    return 0;
}

int pel_domain_unpause(struct pel_ctx *c, uint32_t domid)
{
    (void)c;
    (void)domid;
    abort();
}

/* Whoever waits for a lock has soon waited long enough. */
static uint64_t tick_ns = 10000000000ull;

uint64_t pel_store_now_ns(void)
{
    static uint64_t now;

    return now += tick_ns;
}

int domain_resume(void)
{
    resumed++;
    return 0;
}

void domain_resume_later(void) { resumed++; }
void log_off(void) {}
void mirror_forget(void) {}
void mirror_keep(void) {}
void mirror_undo(void) { undone++; }

/* ---- the tests ------------------------------------------------------------
 */

static struct journal_record record(enum journal_role role,
                                    enum journal_state state, uint32_t domid)
{
    return (struct journal_record){
        .role = role,
        .state = state,
        .domid = domid,
        .uuid = "0123456789abcde",
        .id = ID,
        .name = "web",
    };
}

static const struct {
    const char *why;
    enum journal_role role;
    bool restarted; /* the host has been, since */
    bool known;     /* the domain's id is written down */
    bool paused;    /* the guest is */
    int destroyed, resumed;
} cases[] = {
    { "a half", JOURNAL_TARGET, false, true, true, 1, 0 },
    { "a half just made", JOURNAL_TARGET, false, false, true, 1, 0 },
    { "the guest itself, come since", JOURNAL_TARGET, false, false, false, 0,
      0 },
    { "its id again", JOURNAL_TARGET, true, true, false, 0, 0 },
    { "the same, paused", JOURNAL_TARGET, true, true, true, 0, 0 },
    { "its UUID again", JOURNAL_TARGET, true, false, true, 0, 0 },
    { "the source's own", JOURNAL_SOURCE, false, true, false, 0, 1 },
    { "one started since", JOURNAL_SOURCE, true, true, false, 0, 0 },
};

static void only_what_is_of_the_migration_is_touched(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct journal_record rec =
            record(cases[i].role, JOURNAL_MOVING,
                   cases[i].known ? DOMID : PEL_DOMID_NONE);
        struct journal j;

        print_message("%s\n", cases[i].why);
        destroyed = resumed = undone = 0;
        guest =
            (struct pel_dominfo){ .domid = DOMID, .paused = cases[i].paused };
        memcpy(guest.uuid, rec.uuid, sizeof(guest.uuid));
        assert_int_equal(journal_create(&ctx, &rec, &j), 0);
        if (cases[i].restarted)
            j.rec.boot[0] ^= 1;
        assert_int_equal(journal_write(&j), 0);
        journal_close(&j);

        assert_int_equal(pel_migrate_resolve(&ctx, NULL, false, NULL, NULL), 0);
        assert_int_equal(destroyed, cases[i].destroyed);
        assert_int_equal(resumed, cases[i].resumed);
        assert_int_equal(undone, cases[i].role == JOURNAL_TARGET);
        assert_int_equal(journal_open(&ctx, rec.role, ID, 0, &j), -PEL_ENOENT);
    }
}

/* What cannot be asked for is not gone. */
static void nothing_is_decided_without_an_answer(void **state)
{
    static const struct {
        enum journal_role role;
        uint32_t domid;
    } rows[] = { { JOURNAL_SOURCE, DOMID },
                 { JOURNAL_TARGET, DOMID },
                 { JOURNAL_TARGET, PEL_DOMID_NONE } };

    (void)state;
    silent = true;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct journal_record rec =
            record(rows[i].role, JOURNAL_MOVING, rows[i].domid);
        struct journal j;

        destroyed = resumed = undone = 0;
        assert_int_equal(journal_create(&ctx, &rec, &j), 0);
        journal_close(&j);
        assert_int_equal(pel_migrate_resolve(&ctx, NULL, false, NULL, NULL),
                         -PEL_EHYPER);
        pel_error_clear(&ctx);
        assert_int_equal(destroyed + resumed + undone, 0);
        assert_int_equal(journal_open(&ctx, rec.role, ID, 0, &j), 0);
        journal_remove(&j);
    }
    silent = false;
}

/* Who reverts a guest would make a second one of it. */
static void a_guest_that_may_be_elsewhere_is_not_destroyed(void **state)
{
    struct journal_record rec = record(JOURNAL_SOURCE, JOURNAL_COMMIT, DOMID);
    struct journal j;

    (void)state;
    destroyed = 0;
    guest = (struct pel_dominfo){ .domid = DOMID };
    memcpy(guest.uuid, rec.uuid, sizeof(guest.uuid));
    assert_int_equal(journal_create(&ctx, &rec, &j), 0);
    journal_close(&j);
    assert_int_equal(pel_migrate_destroy_own(&ctx, DOMID), -PEL_ESTATE);
    assert_told(&ctx, -PEL_ESTATE, "--resolve");
    pel_error_clear(&ctx);
    assert_int_equal(destroyed, 0);
    assert_int_equal(journal_open(&ctx, rec.role, ID, 0, &j), 0);
    journal_remove(&j);
    assert_int_equal(pel_migrate_destroy_own(&ctx, DOMID), 0);
    assert_int_equal(destroyed, 1);
}

#define HERE "aaaaaaaa-0123-0123-0123-0123456789ab"
#define ELSEWHERE "bbbbbbbb-0123-0123-0123-0123456789ab"

static const struct {
    const char *why, *answer;
    bool keep;
    int rc, destroyed, resumed;
} answers[] = {
    { "it has it", "TAKEN", false, 0, 1, 0 },
    { "it has not", "NOT TAKEN " HERE, false, 0, 0, 1 },
    { "somebody has not", "NOT TAKEN " ELSEWHERE, false, -PEL_EUNDECIDED, 0,
      0 },
    { "nobody knows who", "NOT TAKEN", false, -PEL_EUNDECIDED, 0, 0 },
    { "not asked", "TAKEN", true, 0, 0, 1 },
};

/* Only who had the guest can say that it does not have it. */
static void what_was_committed_is_asked_for(void **state)
{
    (void)state;
    tick_ns = 1000;
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        struct journal_record rec =
            record(JOURNAL_SOURCE, JOURNAL_COMMIT, DOMID);
        struct journal j;
        int rc;

        snprintf(rec.peer, sizeof(rec.peer), HERE);
        print_message("%s\n", answers[i].why);
        destroyed = resumed = 0;
        guest = (struct pel_dominfo){ .domid = DOMID };
        memcpy(guest.uuid, rec.uuid, sizeof(guest.uuid));
        snprintf(rec.text, sizeof(rec.text),
                 "read q; echo '%s'; read bye; true", answers[i].answer);
        assert_int_equal(journal_create(&ctx, &rec, &j), 0);
        journal_close(&j);
        rc = pel_migrate_resolve(&ctx, "web", answers[i].keep, NULL, NULL);
        assert_int_equal(rc, answers[i].rc);
        assert_int_equal(destroyed, answers[i].destroyed);
        assert_int_equal(resumed, answers[i].resumed);
        pel_error_clear(&ctx);
        rc = journal_open(&ctx, rec.role, ID, 0, &j);
        assert_int_equal(rc, answers[i].rc ? 0 : -PEL_ENOENT);
        if (!rc)
            journal_remove(&j);
    }
    tick_ns = 10000000000ull;
}

static int asked_to_end;

static void count_signal(int sig)
{
    (void)sig;
    asked_to_end++;
}

/* Its process may be gone, and the number another one's, while a guard asks. */
static void what_is_committed_gets_no_signal(void **state)
{
    static const enum journal_state states[] = { JOURNAL_MOVING,
                                                 JOURNAL_COMMIT };

    (void)state;
    signal(SIGTERM, count_signal);
    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        const struct journal_record rec = {
            .role = JOURNAL_SOURCE,
            .state = states[i],
            .domid = DOMID,
            .id = ID,
        };
        struct journal j;

        asked_to_end = 0;
        assert_int_equal(journal_create(&ctx, &rec, &j), 0);
        assert_true(pel_migrate_cancel(&ctx, DOMID) < 0);
        pel_error_clear(&ctx);
        assert_int_equal(asked_to_end, states[i] == JOURNAL_MOVING);
        journal_remove(&j);
    }
    signal(SIGTERM, SIG_DFL);
}

static int begin(void **state)
{
    (void)state;
    mkdir(JOURNAL_DIR, 0700);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(CLAIM_FILE);
    return rmdir(JOURNAL_DIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            only_what_is_of_the_migration_is_touched, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_decided_without_an_answer,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            a_guest_that_may_be_elsewhere_is_not_destroyed, begin, end),
        cmocka_unit_test_setup_teardown(what_was_committed_is_asked_for, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_is_committed_gets_no_signal, begin,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
