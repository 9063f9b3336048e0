/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which blocks the kernel's trace says were written. */
#include "common.h"
#include <linux/blktrace_api.h>
#include "libpel/mirror/local.h"

#define WRITE BLK_TC_ACT(BLK_TC_WRITE)
#define READ BLK_TC_ACT(BLK_TC_READ)
#define BEGIN (BLK_TA_QUEUE | WRITE)
#define END (BLK_TA_COMPLETE | WRITE)
#define KIB(n) ((n) << 10)
#define DISK KIB(1024ull) /* 16 blocks */

static struct pel_ctx ctx;
static struct block_map map;
static struct io_events events;

static int begin(void **state)
{
    (void)state;
    memset(&ctx, 0, sizeof(ctx));
    assert_int_equal(block_map_init(&ctx, &map, DISK), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    block_map_free(&map);
    io_events_free(&events);
    return 0;
}

/* The marks as a word of bits, which takes them away. */
static uint64_t marks(void)
{
    uint64_t from, to, bits = 0;

    block_map_rewind(&map);
    while (block_map_take(&map, BLOCK_BYTES, &from, &to))
        bits |= 1ull << from / BLOCK_BYTES;
    assert_int_equal(map.marked, 0);
    return bits;
}

static struct blk_io_trace event(uint64_t time, uint32_t action, uint64_t from,
                                 uint32_t bytes)
{
    return (struct blk_io_trace){
        .magic = BLK_IO_TRACE_MAGIC | BLK_IO_TRACE_VERSION,
        .time = time,
        .sector = from / 512,
        .bytes = bytes,
        .action = action,
    };
}

static void add(uint64_t time, uint32_t action, uint64_t from, uint32_t bytes)
{
    struct blk_io_trace t = event(time, action, from, bytes);
    size_t used;

    assert_int_equal(io_events_add(&ctx, &events, &t, sizeof(t), &used), 0);
    assert_int_equal(used, sizeof(t));
}

static uint64_t apply(uint64_t until)
{
    assert_int_equal(io_events_apply(&ctx, &events, until, 0, &map), 0);
    return marks();
}

/* ---- the map ----------------------------------------------------------------
 */

static void bytes_mark_their_blocks(void **state)
{
    static const struct {
        const char *why;
        uint64_t from, to, bits;
    } cases[] = {
        { "nothing", 5, 5, 0 },
        { "the wrong way round", 9, 5, 0 },
        { "one byte", KIB(64), KIB(64) + 1, 2 },
        { "across a border", KIB(64) - 1, KIB(64) + 1, 3 },
        { "up to a border", 0, KIB(128), 3 },
        { "past the end", DISK - 1, UINT64_MAX, 1 << 15 },
        { "behind the end", DISK, DISK + 1, 0 },
        { "all", 0, UINT64_MAX, 0xffff },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].why);
        block_map_mark(&map, cases[i].from, cases[i].to);
        block_map_mark(&map, cases[i].from, cases[i].to);
        assert_int_equal(map.marked, __builtin_popcountll(cases[i].bits));
        assert_int_equal(marks(), cases[i].bits);
    }
}

static void runs_are_taken_once(void **state)
{
    uint64_t from, to;

    (void)state;
    block_map_mark(&map, 0, KIB(256));
    block_map_mark(&map, KIB(512), KIB(576));
    assert_true(block_map_take(&map, KIB(192), &from, &to));
    assert_int_equal(from, 0);
    assert_int_equal(to, KIB(192));
    block_map_mark(&map, 0, 1); /* behind us: for the next time */
    assert_true(block_map_take(&map, KIB(192), &from, &to));
    assert_int_equal(from, KIB(192));
    assert_int_equal(to, KIB(256));
    assert_true(block_map_take(&map, KIB(192), &from, &to));
    assert_int_equal(from, KIB(512));
    assert_int_equal(to, KIB(576));
    assert_false(block_map_take(&map, KIB(192), &from, &to));
    assert_int_equal(marks(), 1);
}

static void the_last_block_may_be_a_part(void **state)
{
    struct block_map odd;
    uint64_t from, to;

    (void)state;
    assert_int_equal(block_map_init(&ctx, &odd, KIB(64) * 130 + 512), 0);
    block_map_mark(&odd, 0, UINT64_MAX);
    assert_int_equal(odd.marked, 131);
    assert_true(block_map_take(&odd, KIB(64) * 130, &from, &to));
    assert_true(block_map_take(&odd, KIB(64) * 130, &from, &to));
    assert_int_equal(from, KIB(64) * 130);
    assert_int_equal(to, KIB(64) * 130 + 512);
    assert_false(block_map_take(&odd, KIB(64), &from, &to));
    block_map_free(&odd);
}

/* ---- events
 * ------------------------------------------------------------------ */

static void a_write_counts_when_it_ends(void **state)
{
    (void)state;
    add(10, BEGIN, KIB(64), 4096);
    assert_int_equal(apply(100), 0);
    add(110, END, KIB(64), 4096);
    assert_int_equal(apply(200), 2);
    assert_int_equal(events.nr_open, 0);
    add(210, END, KIB(128), 512); /* it began before the trace did */
    assert_int_equal(apply(300), 4);
}

static void other_events_are_nothing(void **state)
{
    (void)state;
    add(1, BLK_TA_COMPLETE | READ, 0, 4096);
    add(2, BLK_TA_QUEUE | READ, 0, 4096);
    add(3, BLK_TA_ISSUE | WRITE, 0, 4096);
    add(4, BLK_TA_GETRQ | WRITE, 0, 4096);
    add(5, BLK_TN_PROCESS, 0, 16);
    add(6, BLK_TN_MESSAGE | WRITE | __BLK_TA_COMPLETE, 0, 16);
    add(7, END, 0, 0); /* a flush */
    add(8, END, UINT64_MAX - 511, 512);
    assert_int_equal(apply(100), 0);
    assert_int_equal(events.nr_open, 0);
}

static void discards_are_writes(void **state)
{
    (void)state;
    add(1, END | BLK_TC_ACT(BLK_TC_DISCARD), KIB(64), KIB(128));
    assert_int_equal(apply(100), 6);
    add(2, END | __BLK_TA_CGROUP, 0, 512);
    assert_int_equal(apply(100), 1);
}

/* CPUs are read one after another: the end may be seen before the beginning. */
static void what_is_too_new_waits(void **state)
{
    (void)state;
    add(120, END, KIB(192), 4096);
    assert_int_equal(apply(100), 0);
    add(90, BEGIN, KIB(64), KIB(192) + 4096 - KIB(64));
    assert_int_equal(apply(200), 0xe);
    assert_int_equal(events.nr_open, 0);
}

/* device-mapper tells of the end of the last part alone. */
static void the_last_part_ends_the_whole(void **state)
{
    (void)state;
    add(1, BEGIN, 0, KIB(512));
    add(2, BEGIN, KIB(448), KIB(64)); /* another one, with the same end */
    add(3, END, KIB(384), KIB(128));
    assert_int_equal(apply(10), 0xff);
    assert_int_equal(events.nr_open, 0);
    add(11, BEGIN, 0, KIB(128));
    add(12, END, 0, KIB(64)); /* the first part, of its own */
    assert_int_equal(apply(20), 1);
    assert_int_equal(events.nr_open, 1);
    add(21, END, KIB(64), KIB(64));
    assert_int_equal(apply(30), 3);
    assert_int_equal(events.nr_open, 0);
}

static void writes_that_were_put_together_end_together(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        add(i, BEGIN, KIB(64) * i, KIB(64));
    add(9, END, 0, KIB(256));
    assert_int_equal(apply(10), 0xf);
    assert_int_equal(events.nr_open, 0);
}

static void what_has_no_end_counts_at_last(void **state)
{
    (void)state;
    add(1, BEGIN, KIB(64), 512);
    assert_int_equal(apply(10), 0);
    io_events_flush(&events, 0, &map);
    assert_int_equal(marks(), 2);
}

/* Sectors are those of the whole disk. */
static void a_partition_begins_later(void **state)
{
    (void)state;
    add(1, END, 0, KIB(64));
    add(2, END, KIB(448), KIB(128));
    assert_int_equal(io_events_apply(&ctx, &events, 9, KIB(512), &map), 0);
    assert_int_equal(marks(), 1);
}

/* ---- bytes
 * ----------------------------------------------------------------------- */

static void events_come_in_pieces(void **state)
{
    struct {
        struct blk_io_trace a;
        uint8_t more[20];
        struct blk_io_trace b;
    } __attribute__((packed)) two;
    size_t used, split = sizeof(two.a) + 10;
    const uint8_t *p = (const void *)&two;

    (void)state;
    memset(&two, 0xff, sizeof(two));
    two.a = event(1, END, 0, 512);
    two.a.pdu_len = sizeof(two.more);
    two.b = event(2, END, KIB(64), 512);
    for (size_t len = 0; len < sizeof(two.a) + sizeof(two.more); len++) {
        assert_int_equal(io_events_add(&ctx, &events, p, len, &used), 0);
        assert_int_equal(used, 0);
    }
    split = sizeof(two) - 1;
    assert_int_equal(io_events_add(&ctx, &events, p, split, &used), 0);
    assert_int_equal(used, sizeof(two.a) + sizeof(two.more));
    assert_int_equal(
        io_events_add(&ctx, &events, p + used, sizeof(two) - used, &used), 0);
    assert_int_equal(apply(10), 3);
}

static void what_is_no_trace_is_an_error(void **state)
{
    struct blk_io_trace t = event(1, END, 0, 512);
    size_t used;

    (void)state;
    t.magic = 0x12345607;
    assert_int_equal(io_events_add(&ctx, &events, &t, sizeof(t), &used),
                     -PEL_EFORMAT);
    assert_told(&ctx, -PEL_EFORMAT, "damaged");
    pel_error_clear(&ctx);
    t.magic = BLK_IO_TRACE_MAGIC | 9;
    assert_int_equal(io_events_add(&ctx, &events, &t, sizeof(t), &used),
                     -PEL_ENOTSUP);
    assert_told(&ctx, -PEL_ENOTSUP, "version 9");
}

/* Whatever the order: what is written last in time is not missed. */
static void many_writes_on_many_cpus(void **state)
{
    uint64_t want = 0;

    (void)state;
    srand(1);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 40; i++) {
            uint64_t time = round * 100 + rand() % 60;
            uint64_t from = rand() % 200 * 4096, bytes = KIB(4) << rand() % 4;

            add(time + 30, END, from, bytes);
            add(time, BEGIN, from, bytes);
            for (uint64_t b = from / KIB(64); b <= (from + bytes - 1) / KIB(64);
                 b++)
                want |= 1ull << b;
        }
        assert_int_equal(apply(round * 100 + 99) & ~want, 0);
    }
    assert_int_equal(events.nr, 0);
    add(999999, BEGIN, 0, 512);
    assert_true(events.nr_open < 2000);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(bytes_mark_their_blocks),
        T(runs_are_taken_once),
        T(the_last_block_may_be_a_part),
        T(a_write_counts_when_it_ends),
        T(other_events_are_nothing),
        T(discards_are_writes),
        T(what_is_too_new_waits),
        T(the_last_part_ends_the_whole),
        T(writes_that_were_put_together_end_together),
        T(what_has_no_end_counts_at_last),
        T(a_partition_begins_later),
        T(events_come_in_pieces),
        T(what_is_no_trace_is_an_error),
        T(many_writes_on_many_cpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
