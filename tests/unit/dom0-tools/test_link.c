/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links between hosts, over programs of this one. */
#include "common.h"
#include <signal.h>
#include <time.h>
#include <pel/link.h>
#include <pel/store.h>

#define LIMIT_MS 10000

/* In place of the store's file, which wants a store. */
uint64_t pel_store_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static struct pel_ctx ctx;
static struct link l;

static void begin(const char *command)
{
    memset(&ctx, 0, sizeof(ctx));
    assert_int_equal(link_open(&ctx, command, &l), 0);
}

static void lines_come_back(void **state)
{
    char line[LINK_LINE];

    (void)state;
    begin("cat");
    assert_int_equal(link_say(&l, "HELLO %d", 1), 0);
    assert_int_equal(link_hear(&l, line, LIMIT_MS), 0);
    assert_string_equal(line, "HELLO 1");
    assert_int_equal(link_hear(&l, line, 50), -PEL_ETIMEDOUT);
    assert_string_equal(ctx.message, "");
    link_close(&l);
}

static void one_may_wait_without_hearing(void **state)
{
    char line[LINK_LINE];

    (void)state;
    begin("cat");
    assert_int_equal(link_wait(&l, 50), -PEL_ETIMEDOUT);
    assert_string_equal(ctx.message, "");
    link_say(&l, "one\ntwo");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(link_wait(&l, LIMIT_MS), 0);
        assert_int_equal(link_hear(&l, line, LIMIT_MS), 0);
        assert_string_equal(line, i ? "two" : "one");
    }
    link_close(&l);
}

static void a_word_is_expected(void **state)
{
    (void)state;
    begin("cat");
    link_say(&l, "READY");
    assert_int_equal(link_expect(&l, "READY", LIMIT_MS, "late"), 0);
    link_say(&l, "READY NOW");
    assert_int_equal(link_expect(&l, "READY", LIMIT_MS, "late"), -PEL_EFORMAT);
    assert_string_equal(ctx.message, "the other host says \"READY NOW\"");
    pel_error_clear(&ctx);
    assert_int_equal(link_expect(&l, "READY", 50, "late"), -PEL_ETIMEDOUT);
    assert_string_equal(ctx.message, "late");
    link_close(&l);
}

/* More than fits into pipes and buffers, with zeros, between two lines. */
static void exchange(bool compressed)
{
    static uint8_t data[LINK_BUFFER / 2 + 13], back[sizeof(data)];
    char line[LINK_LINE];

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (i * i) >> 3;
    begin("cat");
    assert_int_equal(link_say(&l, "first"), 0);
    assert_int_equal(link_hear(&l, line, LIMIT_MS), 0);
    assert_int_equal(link_compress(&l, compressed), 0);
    assert_int_equal(link_decompress(&l, compressed), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(link_write(&l, data, sizeof(data)), 0);
        assert_int_equal(link_write(&l, NULL, 5000), 0);
        if (compressed && i == 0)
            continue; /* both in one go */
        assert_int_equal(link_flush(&l), 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(link_read(&l, back, sizeof(back)), 0);
        assert_memory_equal(back, data, sizeof(data));
        assert_int_equal(link_read(&l, back, 5000), 0);
        for (int j = 0; j < 5000; j++)
            assert_int_equal(back[j], 0);
    }
    assert_int_equal(link_compress(&l, false), 0);
    assert_int_equal(link_say(&l, "last"), 0);
    assert_int_equal(link_decompress(&l, false), 0);
    assert_int_equal(link_hear(&l, line, LIMIT_MS), 0);
    assert_string_equal(line, "last");
    link_close(&l);
}

static void compressed_bytes_come_back(void **state)
{
    (void)state;
    exchange(true);
    assert_true(l.sent < LINK_BUFFER);
}

static void a_failure_is_told(void **state)
{
    char line[LINK_LINE];

    (void)state;
    begin("echo FAIL the roof is on fire");
    assert_int_equal(link_hear(&l, line, LIMIT_MS), -PEL_ESTATE);
    assert_told(&ctx, -PEL_ESTATE, "the other host says: the roof is on fire");
    link_close(&l);
}

/* It says so and ends; we find out while we write. */
static void a_failure_steers_no_terminal(void **state)
{
    char line[LINK_LINE];

    (void)state;
    begin("printf 'FAIL \\033[2J\\r\\a gone\\n'");
    assert_int_equal(link_hear(&l, line, LIMIT_MS), -PEL_ESTATE);
    assert_string_equal(ctx.message, "the other host says: ?[2J?? gone");
    link_close(&l);
}

static void a_failure_is_told_to_a_writer(void **state)
{
    static const uint8_t data[4096];
    int rc = 0;

    (void)state;
    begin("echo FAIL no room; exec <&-");
    while (!rc)
        rc = link_write(&l, data, sizeof(data));
    assert_int_equal(rc, -PEL_ESTATE);
    assert_told(&ctx, rc, "no room");
    link_close(&l);
}

static void a_lost_link_is_an_error(void **state)
{
    char line[LINK_LINE];

    (void)state;
    begin("printf half");
    assert_int_equal(link_hear(&l, line, LIMIT_MS), -PEL_EIO);
    assert_told(&ctx, -PEL_EIO, "is lost");
    link_close(&l);

    begin("cat");
    link_cut(&l);
    assert_int_equal(link_say(&l, "anybody there?"), -PEL_EIO);
    link_close(&l);
}

static bool yes(void) { return true; }

static void waiting_ends_when_asked_to(void **state)
{
    char line[LINK_LINE];

    (void)state;
    begin("cat");
    l.stop = yes;
    assert_int_equal(link_hear(&l, line, 3600000), -PEL_ESTATE);
    assert_told(&ctx, -PEL_ESTATE, "interrupted");
    link_close(&l);
}

static void damage_is_an_error(void **state)
{
    uint8_t byte;

    (void)state;
    begin("head -c 64 /dev/zero | tr '\\000' x; exec cat");
    link_decompress(&l, true);
    assert_int_equal(link_read(&l, &byte, 1), -PEL_EFORMAT);
    link_cut(&l);
    link_close(&l);
}

/* A frame that has ended, or has not, where the stream does not. */
static void a_frame_ends_where_the_stream_does(void **state)
{
    uint8_t bytes[8];

    (void)state;
    begin("cat");
    link_compress(&l, true);
    link_decompress(&l, true);
    link_write(&l, "12345678", 8);
    link_compress(&l, false);
    assert_int_equal(link_read(&l, bytes, 4), 0);
    assert_int_equal(link_decompress(&l, false), -PEL_EFORMAT);
    assert_told(&ctx, -PEL_EFORMAT, "more than it says");
    link_close(&l);

    begin("cat");
    link_compress(&l, true);
    link_decompress(&l, true);
    link_write(&l, "12345678", 8);
    link_compress(&l, false);
    assert_int_equal(link_read(&l, bytes, 8), 0);
    assert_int_equal(link_read(&l, bytes, 1), -PEL_EFORMAT);
    link_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_back),
        cmocka_unit_test(one_may_wait_without_hearing),
        cmocka_unit_test(a_word_is_expected),
        cmocka_unit_test(compressed_bytes_come_back),
        cmocka_unit_test(a_failure_is_told),
        cmocka_unit_test(a_failure_steers_no_terminal),
        cmocka_unit_test(a_failure_is_told_to_a_writer),
        cmocka_unit_test(a_lost_link_is_an_error),
        cmocka_unit_test(waiting_ends_when_asked_to),
        cmocka_unit_test(damage_is_an_error),
        cmocka_unit_test(a_frame_ends_where_the_stream_does),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
