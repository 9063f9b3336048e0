/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output that waits for a reader: the newest of it stays. */
#include "common.h"
#include <peld/backlog.h>

/* Takes everything out in pieces as a reader would. */
static size_t drain(struct backlog *b, char *to)
{
    size_t len, total = 0;
    const char *p;

    while ((p = backlog_peek(b, &len)), len) {
        memcpy(to + total, p, len);
        backlog_pop(b, len);
        total += len;
    }
    return total;
}

static void bytes_come_out_in_order(void **state)
{
    struct backlog *b = calloc(1, sizeof(*b));
    char *out = malloc(BACKLOG_SIZE);

    (void)state;
    assert_int_equal(drain(b, out), 0);
    backlog_push(b, "one ", 4);
    backlog_push(b, "two", 3);
    assert_int_equal(drain(b, out), 7);
    assert_memory_equal(out, "one two", 7);
    free(out);
    free(b);
}

static void the_oldest_is_dropped_first(void **state)
{
    struct backlog *b = calloc(1, sizeof(*b));
    char *in = malloc(BACKLOG_SIZE), *out = malloc(BACKLOG_SIZE);

    (void)state;
    memset(in, '.', BACKLOG_SIZE);
    backlog_push(b, "lost", 4);
    backlog_push(b, in, BACKLOG_SIZE - 4);
    backlog_push(b, "kept", 4);
    assert_int_equal(drain(b, out), BACKLOG_SIZE);
    assert_int_equal(out[0], '.');
    assert_memory_equal(out + BACKLOG_SIZE - 4, "kept", 4);
    free(in);
    free(out);
    free(b);
}

static void one_push_beyond_the_size_keeps_its_end(void **state)
{
    struct backlog *b = calloc(1, sizeof(*b));
    char *in = malloc(BACKLOG_SIZE + 9), *out = malloc(BACKLOG_SIZE);

    (void)state;
    memset(in, 'x', BACKLOG_SIZE + 9);
    memcpy(in + 9, "start", 5);
    backlog_push(b, "old", 3);
    backlog_push(b, in, BACKLOG_SIZE + 9);
    assert_int_equal(drain(b, out), BACKLOG_SIZE);
    assert_memory_equal(out, "start", 5);
    free(in);
    free(out);
    free(b);
}

/* Against a model: a plain string of all that was pushed. */
static void random_use_agrees_with_a_string(void **state)
{
    struct backlog *b = calloc(1, sizeof(*b));
    size_t size = 4 << 20, head = 0, tail = 0, len;
    char *all = malloc(size);
    uint32_t seed = 7;

    (void)state;
    while (head < size - 4096) {
        size_t n = (seed >> 8) % 4096;
        const char *p;

        for (size_t i = 0; i < n; i++)
            all[head + i] = (char)(seed >> (i % 24));
        backlog_push(b, all + head, n);
        head += n;
        if (head - tail > BACKLOG_SIZE)
            tail = head - BACKLOG_SIZE;
        p = backlog_peek(b, &len);
        assert_true(len <= head - tail && (len || head == tail));
        assert_memory_equal(p, all + tail, len);
        len = seed % 3 ? len / 2 : len;
        backlog_pop(b, len);
        tail += len;
        seed = seed * 1664525 + 1013904223;
    }
    free(all);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_in_order),
        cmocka_unit_test(the_oldest_is_dropped_first),
        cmocka_unit_test(one_push_beyond_the_size_keeps_its_end),
        cmocka_unit_test(random_use_agrees_with_a_string),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
