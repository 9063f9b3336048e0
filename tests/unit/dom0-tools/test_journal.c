/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journals of migrations: torn writes, locks, leftovers. */
#include "common.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <pel/journal.h>
#include <pel/store.h>

#define ID "01234567-0123-0123-0123-0123456789ab"

uint64_t pel_store_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static struct pel_ctx ctx;
static struct journal j;

static int begin(void **state)
{
    struct journal_record rec = {
        .role = JOURNAL_SOURCE,
        .state = JOURNAL_MOVING,
        .domid = 5,
        .id = ID,
        .name = "web",
    };

    (void)state;
    memset(&ctx, 0, sizeof(ctx));
    mkdir(JOURNAL_DIR, 0700);
    return journal_create(&ctx, &rec, &j);
}

static int end(void **state)
{
    (void)state;
    journal_remove(&j);
    return rmdir(JOURNAL_DIR);
}

static int reopen(int wait_ms)
{
    journal_close(&j);
    pel_error_clear(&ctx);
    return journal_open(&ctx, JOURNAL_SOURCE, ID, wait_ms, &j);
}

/* Overwrites one byte of a block. */
static void damage(int block)
{
    int fd = open(JOURNAL_DIR "/" ID ".source", O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "x", 1, block * 4096 + 100), 1);
    close(fd);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    j.rec.state = JOURNAL_COMMIT;
    assert_int_equal(journal_write(&j), 0);
    assert_int_equal(reopen(0), 0);
    assert_int_equal(j.rec.state, JOURNAL_COMMIT);
    assert_int_equal(j.rec.domid, 5);
    assert_int_equal(j.rec.pid, getpid());
    assert_string_equal(j.rec.name, "web");
}

/* What tears is the newer block: then it is as before. */
static void a_torn_write_does_not_count(void **state)
{
    int block;

    (void)state;
    j.rec.state = JOURNAL_COMMIT;
    assert_int_equal(journal_write(&j), 0);
    block = j.rec.seq & 1;
    damage(block);
    assert_int_equal(reopen(0), 0);
    assert_int_equal(j.rec.state, JOURNAL_MOVING);
    damage(!block);
    assert_int_equal(reopen(0), -PEL_EFORMAT);
    assert_told(&ctx, -PEL_EFORMAT, "damaged");
    unlink(JOURNAL_DIR "/" ID ".source");
}

static void one_works_on_it_at_a_time(void **state)
{
    struct journal other;

    (void)state;
    assert_int_equal(journal_open(&ctx, JOURNAL_SOURCE, ID, 50, &other),
                     -PEL_ESTATE);
    assert_told(&ctx, -PEL_ESTATE, "works on this migration");
    assert_int_equal(other.rec.pid, getpid());
    assert_int_equal(reopen(0), 0);
    journal_remove(&j);
    assert_int_equal(reopen(0), -PEL_ENOENT);
}

static void names_are_checked(void **state)
{
    struct journal other;

    (void)state;
    assert_int_equal(journal_open(&ctx, JOURNAL_SOURCE,
                                  "../../../../../../../../../etc/passwd", 0,
                                  &other),
                     -PEL_EINVAL);
    pel_error_clear(&ctx);
    assert_int_equal(journal_open(&ctx, JOURNAL_TARGET, ID, 0, &other),
                     -PEL_ENOENT);
    assert_string_equal(ctx.message, "");
}

static int count(struct pel_ctx *c, const char *id, void *arg)
{
    (void)c;
    assert_string_equal(id, ID);
    ++*(int *)arg;
    return 0;
}

static void each_is_found_on_its_side(void **state)
{
    int nr = 0;

    (void)state;
    assert_int_equal(journal_each(&ctx, JOURNAL_TARGET, count, &nr), 0);
    assert_int_equal(nr, 0);
    assert_int_equal(journal_each(&ctx, JOURNAL_SOURCE, count, &nr), 0);
    assert_int_equal(nr, 1);
}

/* Killed, or out of power, before a byte of it was written. */
static void an_empty_one_is_nothing(void **state)
{
    static const char other[] = "76543210-0123-0123-0123-0123456789ab";
    static const char path[] =
        JOURNAL_DIR "/76543210-0123-0123-0123-0123456789ab.source";
    struct journal k;

    (void)state;
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(journal_open(&ctx, JOURNAL_SOURCE, other, 0, &k),
                     -PEL_ENOENT);
    assert_string_equal(ctx.message, "");
    assert_int_equal(access(path, F_OK), -1);
}

static void a_restart_is_seen(void **state)
{
    (void)state;
    assert_int_equal(reopen(0), 0);
    assert_true(journal_is_of_now(&j.rec));
    j.rec.boot[0] ^= 1;
    assert_false(journal_is_of_now(&j.rec));
    j.rec.boot[0] = '\0';
    assert_true(journal_is_of_now(&j.rec));
}

static void a_host_keeps_its_name(void **state)
{
    char first[JOURNAL_ID], again[JOURNAL_ID];

    (void)state;
    assert_int_equal(journal_host(&ctx, first), 0);
    assert_int_equal(strlen(first), JOURNAL_ID - 1);
    assert_int_equal(journal_host(&ctx, again), 0);
    assert_string_equal(first, again);
    assert_int_equal(unlink(JOURNAL_DIR "-host"), 0);
    assert_int_equal(journal_host(&ctx, again), 0);
    assert_string_not_equal(first, again);
    assert_int_equal(unlink(JOURNAL_DIR "-host"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),   TEST(a_torn_write_does_not_count),
        TEST(one_works_on_it_at_a_time), TEST(names_are_checked),
        TEST(each_is_found_on_its_side), TEST(an_empty_one_is_nothing),
        TEST(a_restart_is_seen),         TEST(a_host_keeps_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
