/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of those who have a guest stand still there is one at a time. */
#include "common.h"
#include <sys/stat.h>
#include <unistd.h>
#include <pel/checkpoint.h>
#include <pel/domain.h>
#include <pel/journal.h>
#include <pel/migrate.h>
#include "libpel/domain/claim.h"

#define ID "01234567-0123-0123-0123-0123456789ab"
#define DOMID 7
#define IMAGE JOURNAL_DIR "/image"

static struct pel_ctx ctx;
static int resumed;

/* ---- what is asked before, or after ---------------------------------------
 */

int pel_domain_get(struct pel_ctx *c, uint32_t domid, struct pel_dominfo *info)
{
    (void)c;
    *info = (struct pel_dominfo){ .domid = domid };
    return 0;
}

static int answers = -1; /* of the store, until it goes away; -1: it stays */

int pel_domain_config(struct pel_ctx *c, uint32_t domid, struct pel_config *cfg)
{
    (void)domid;
    (void)cfg;
    if (!answers)
        return pel_fail(c, PEL_ESTORE, "no store");
    answers -= answers > 0;
    return 0;
}

int pel_domain_list(struct pel_ctx *c, struct pel_dominfo **list, size_t *nr)
{
    (void)c;
    *list = NULL;
    *nr = 0;
    return 0;
}

uint64_t pel_store_now_ns(void) { return 0; }
void pel_ctx_init(struct pel_ctx *c) { memset(c, 0, sizeof(*c)); }
void pel_ctx_close(struct pel_ctx *c) { (void)c; }
void log_off(void) {}
void sender_end(void) {}
void mirror_end(void) {}
void domain_resume_later(void) { resumed++; }

/* ---- what only he may do who has it ---------------------------------------
 */

#define NEVER(name)                                                            \
    int name(void)                                                             \
    {                                                                          \
        print_error("%s is called\n", #name);                                  \
        abort();                                                               \
    }

NEVER(domain_check_running)
NEVER(domain_suspend)
NEVER(domain_resume)
NEVER(has_files)
NEVER(mirror_announce)
NEVER(mirror_begin)
NEVER(mirror_forget)
NEVER(mirror_keep)
NEVER(mirror_look)
NEVER(mirror_put_record)
NEVER(mirror_send)
NEVER(mirror_send_last)
NEVER(mirror_undo)
NEVER(pel_disks_sync)
NEVER(pel_disks_wait_quiet)
NEVER(sender_all_pages)
NEVER(sender_begin)
NEVER(sender_last_pages)
NEVER(sender_rounds)
NEVER(sender_state)
NEVER(sender_stopped)

int pel_domain_destroy(struct pel_ctx *c, uint32_t domid)
{
    (void)c;
    (void)domid;
    abort();
}

int pel_domain_pause(struct pel_ctx *c, uint32_t domid)
{
    return pel_domain_destroy(c, domid);
}

int pel_domain_unpause(struct pel_ctx *c, uint32_t domid)
{
    return pel_domain_destroy(c, domid);
}

/* ---- the tests ------------------------------------------------------------
 */

static int save(void)
{
    return pel_domain_save(&ctx, DOMID, IMAGE, NULL, PEL_AFTER_DESTROY, false,
                           NULL);
}

static int capture(void)
{
    struct pel_capture c = { .config = "" };

    return pel_domain_capture(&ctx, DOMID, &c);
}

static int migrate(void)
{
    const struct pel_migrate how = { .command = "false" };

    return pel_migrate(&ctx, DOMID, &how);
}

static int resolve(void)
{
    return pel_migrate_resolve(&ctx, "7", false, NULL, NULL);
}

static const struct {
    const char *why;
    int (*fn)(void);
} others[] = {
    { "save", save },
    { "capture, for a snapshot or a clone", capture },
    { "migrate", migrate },
    { "resolve a migration that has ended", resolve },
};

static void a_store_that_goes_away_ends_a_save(void **state)
{
    (void)state;
    answers = 1;
    assert_int_equal(save(), -PEL_ESTORE);
    assert_int_equal(access(IMAGE, F_OK), -1);
    answers = -1;
    pel_error_clear(&ctx);
}

static int count(struct pel_ctx *c, const char *id, void *arg)
{
    (void)c;
    (void)id;
    ++*(int *)arg;
    return 0;
}

/* What an earlier migration has left to be resolved. */
static void put_journal(void)
{
    const struct journal_record rec = {
        .role = JOURNAL_SOURCE,
        .state = JOURNAL_MOVING,
        .domid = DOMID,
        .id = ID,
        .name = "web",
    };
    struct journal j;

    assert_int_equal(journal_create(&ctx, &rec, &j), 0);
    journal_close(&j);
}

static void one_at_a_time(void **state)
{
    int claim, nr = 0;

    (void)state;
    put_journal();
    claim = domain_claim(&ctx, DOMID);
    assert_true(claim >= 0);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        print_message("%s\n", others[i].why);
        assert_int_equal(others[i].fn(), -PEL_ESTATE);
        assert_told(&ctx, -PEL_ESTATE, "domain 7 is being saved");
        pel_error_clear(&ctx);
    }
    assert_int_equal(resumed, 0);
    assert_int_equal(access(IMAGE, F_OK), -1);
    assert_int_equal(journal_each(&ctx, JOURNAL_SOURCE, count, &nr), 0);
    assert_int_equal(nr, 1);

    domain_claim_end(claim);
    assert_int_equal(resolve(), 0);
    assert_int_equal(resumed, 1);
    nr = 0;
    assert_int_equal(journal_each(&ctx, JOURNAL_SOURCE, count, &nr), 0);
    assert_int_equal(nr, 0);
}

static void guests_do_not_share_it(void **state)
{
    int claim = domain_claim(&ctx, DOMID), other;

    (void)state;
    assert_true(claim >= 0);
    other = domain_claim(&ctx, DOMID + 1);
    assert_true(other >= 0);
    domain_claim_end(other);
    domain_claim_end(claim);
    domain_claim_end(-1);
}

static int begin(void **state)
{
    (void)state;
    memset(&ctx, 0, sizeof(ctx));
    resumed = 0;
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
        cmocka_unit_test_setup_teardown(a_store_that_goes_away_ends_a_save,
                                        begin, end),
        cmocka_unit_test_setup_teardown(one_at_a_time, begin, end),
        cmocka_unit_test_setup_teardown(guests_do_not_share_it, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
