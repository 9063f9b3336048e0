/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doorway to JSON. */
#include "common.h"
#include <pel/json.h>

static void written_text_is_as_expected(void **state)
{
    struct pel_json_writer *w = pel_json_writer_new(false);
    char *text;

    (void)state;
    pel_json_open_map(w);
    pel_json_key(w, "a");
    pel_json_put_uint(w, 9007199254740993ull);
    pel_json_key(w, "b\n");
    pel_json_open_list(w);
    pel_json_put_bool(w, true);
    pel_json_put_text(w, NULL);
    pel_json_put_text(w, "\"");
    pel_json_close_list(w);
    pel_json_close_map(w);
    text = pel_json_writer_end(w);
    assert_string_equal(
        text, "{\"a\":9007199254740993,\"b\\n\":[true,null,\"\\\"\"]}");
    free(text);
}

static void misuse_gives_no_text(void **state)
{
    struct pel_json_writer *w = pel_json_writer_new(false);

    (void)state;
    pel_json_close_map(w);
    assert_null(pel_json_writer_end(w));

    w = pel_json_writer_new(false);
    pel_json_open_list(w);
    pel_json_close_map(w);
    assert_null(pel_json_writer_end(w));

    w = pel_json_writer_new(false);
    pel_json_open_list(w);
    assert_null(pel_json_writer_end(w));

    w = pel_json_writer_new(false);
    pel_json_put_uint(w, UINT64_MAX); /* more than a reader can hold */
    assert_null(pel_json_writer_end(w));

    pel_json_open_map(NULL);
    pel_json_put_text(NULL, "x");
    assert_null(pel_json_writer_end(NULL));
}

/* An image may bring any text: half a million levels overran the stack. */
static void deep_nesting_is_refused(void **state)
{
    static const struct {
        size_t levels;
        int rc;
    } cases[] = { { 64, 0 }, { 65, -PEL_EFORMAT }, { 500000, -PEL_EFORMAT } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t nr = cases[i].levels;
        char *text = malloc(2 * nr);
        struct pel_ctx ctx = { .message = "" };
        struct pel_json *root;
        int rc;

        memset(text, '[', nr);
        memset(text + nr, ']', nr);
        rc = pel_json_parse(&ctx, text, 2 * nr, &root);
        assert_int_equal(rc, cases[i].rc);
        assert_told(&ctx, rc, "too deep");
        pel_json_free(root);
        free(text);
    }
}

static void values_are_found(void **state)
{
    static const char text[] = "{\"a\":[1,\"x\",true],\"b\":-2,\"c\":1.5}";
    struct pel_ctx ctx = { .message = "" };
    struct pel_json *root;
    const struct pel_json *a;
    uint64_t v;
    bool yes;

    (void)state;
    assert_int_equal(pel_json_parse(&ctx, text, strlen(text), &root), 0);
    a = pel_json_get(root, "a");
    assert_int_equal(pel_json_count(a), 3);
    assert_true(pel_json_uint(pel_json_at(a, 0), &v));
    assert_int_equal(v, 1);
    assert_string_equal(pel_json_text(pel_json_at(a, 1)), "x");
    assert_true(pel_json_bool(pel_json_at(a, 2), &yes));
    assert_true(yes);
    assert_null(pel_json_at(a, 3));
    assert_false(pel_json_uint(pel_json_get(root, "b"), &v));
    assert_false(pel_json_uint(pel_json_get(root, "c"), &v));
    assert_null(pel_json_get(root, "d"));
    assert_null(pel_json_get(NULL, "d"));
    assert_null(pel_json_text(NULL));
    assert_string_equal(pel_json_each_key(root, 2), "c");
    assert_null(pel_json_each_key(root, 3));
    pel_json_free(root);
}

static void every_prefix_is_refused(void **state)
{
    static const char text[] = "{\"a\":[1,{\"b\":null}],\"c\":\"\\u00e4\"}";

    (void)state;
    for (size_t len = 0; len < strlen(text); len++) {
        struct pel_ctx ctx = { .message = "" };
        struct pel_json *root;
        int rc = pel_json_parse(&ctx, text, len, &root);

        assert_int_equal(rc, -PEL_EFORMAT);
        assert_told(&ctx, rc, "malformed JSON");
        assert_null(root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_text_is_as_expected),
        cmocka_unit_test(misuse_gives_no_text),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(values_are_found),
        cmocka_unit_test(every_prefix_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
