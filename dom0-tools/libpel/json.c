/* SPDX-License-Identifier: GPL-2.0-or-later */
/* <pel/json.h> by yajl. */
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>
#include <yajl/yajl_tree.h>
#include <pel/ctx.h>
#include <pel/json.h>

struct pel_json_writer {
    yajl_gen gen;
    unsigned int depth; /* maps and lists that are open */
    uint64_t maps;      /* bit N: what is open at depth N is a map */
    bool failed;
};

#define DEPTH_MAX 64

struct pel_json_writer *pel_json_writer_new(bool pretty)
{
    struct pel_json_writer *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    w->gen = yajl_gen_alloc(NULL);
    if (!w->gen) {
        free(w);
        return NULL;
    }
    yajl_gen_config(w->gen, yajl_gen_beautify, pretty);
    yajl_gen_config(w->gen, yajl_gen_indent_string, "  ");
    yajl_gen_config(w->gen, yajl_gen_validate_utf8, 1);
    return w;
}

static void note(struct pel_json_writer *w, yajl_gen_status status)
{
    /* Complete only says that the outermost value has been closed. */
    if (status != yajl_gen_status_ok && status != yajl_gen_generation_complete)
        w->failed = true;
}

/* The library does not check nesting itself. */
static void opened(struct pel_json_writer *w, bool map)
{
    if (w->depth == DEPTH_MAX) {
        w->failed = true;
        return;
    }
    w->maps &= ~(1ull << w->depth);
    w->maps |= (uint64_t)map << w->depth;
    w->depth++;
}

static bool may_close(struct pel_json_writer *w, bool map)
{
    if (w->depth == 0 || (w->maps >> (w->depth - 1) & 1) != map) {
        w->failed = true;
        return false;
    }
    w->depth--;
    return true;
}

void pel_json_open_map(struct pel_json_writer *w)
{
    if (!w)
        return;
    note(w, yajl_gen_map_open(w->gen));
    opened(w, true);
}

void pel_json_close_map(struct pel_json_writer *w)
{
    if (w && may_close(w, true))
        note(w, yajl_gen_map_close(w->gen));
}

void pel_json_open_list(struct pel_json_writer *w)
{
    if (!w)
        return;
    note(w, yajl_gen_array_open(w->gen));
    opened(w, false);
}

void pel_json_close_list(struct pel_json_writer *w)
{
    if (w && may_close(w, false))
        note(w, yajl_gen_array_close(w->gen));
}

static void put_string(struct pel_json_writer *w, const char *text)
{
    note(w, yajl_gen_string(w->gen, (const unsigned char *)text, strlen(text)));
}

void pel_json_key(struct pel_json_writer *w, const char *key)
{
    if (w)
        put_string(w, key);
}

void pel_json_put_text(struct pel_json_writer *w, const char *text)
{
    if (!w)
        return;
    if (text)
        put_string(w, text);
    else
        note(w, yajl_gen_null(w->gen));
}

void pel_json_put_uint(struct pel_json_writer *w, uint64_t value)
{
    if (!w)
        return;
    if (value > INT64_MAX)
        w->failed = true;
    else
        note(w, yajl_gen_integer(w->gen, (long long)value));
}

void pel_json_put_double(struct pel_json_writer *w, double value)
{
    if (w)
        note(w, yajl_gen_double(w->gen, value));
}

void pel_json_put_bool(struct pel_json_writer *w, bool value)
{
    if (w)
        note(w, yajl_gen_bool(w->gen, value));
}

void pel_json_member_text(struct pel_json_writer *w, const char *key,
                          const char *text)
{
    pel_json_key(w, key);
    pel_json_put_text(w, text);
}

void pel_json_member_uint(struct pel_json_writer *w, const char *key,
                          uint64_t value)
{
    pel_json_key(w, key);
    pel_json_put_uint(w, value);
}

char *pel_json_writer_end(struct pel_json_writer *w)
{
    const unsigned char *buf;
    char *text = NULL;
    size_t len;

    if (!w)
        return NULL;
    if (!w->failed && w->depth == 0 &&
        yajl_gen_get_buf(w->gen, &buf, &len) == yajl_gen_status_ok && len)
        text = strndup((const char *)buf, len);
    yajl_gen_free(w->gen);
    free(w);
    return text;
}

/* A pel_json pointer is a yajl_val in disguise. */
static yajl_val val(const struct pel_json *v) { return (yajl_val)(uintptr_t)v; }

static int enter(void *depth) { return ++*(unsigned int *)depth <= DEPTH_MAX; }

static int leave(void *depth)
{
    --*(unsigned int *)depth;
    return 1;
}

/* The library's trees are freed by functions that call themselves. */
static bool is_deep(const char *text, size_t len)
{
    static const yajl_callbacks watch = {
        .yajl_start_map = enter,
        .yajl_end_map = leave,
        .yajl_start_array = enter,
        .yajl_end_array = leave,
    };
    unsigned int depth = 0;
    yajl_handle h = yajl_alloc(&watch, NULL, &depth);
    bool deep;

    if (!h)
        return false; /* nor is there memory for a tree */
    yajl_config(h, yajl_allow_comments, 1);
    deep = yajl_parse(h, (const unsigned char *)text, len) ==
           yajl_status_client_canceled;
    yajl_free(h);
    return deep;
}

int pel_json_parse(struct pel_ctx *ctx, const char *text, size_t len,
                   struct pel_json **out)
{
    char why[160] = "";
    yajl_val root;
    char *copy;

    *out = NULL;
    if (memchr(text, '\0', len))
        return pel_fail(ctx, PEL_EFORMAT, "malformed JSON: a NUL byte");
    if (is_deep(text, len))
        return pel_fail(ctx, PEL_EFORMAT, "malformed JSON: nested too deep");
    copy = strndup(text, len);
    if (!copy)
        return pel_fail_oom(ctx);

    root = yajl_tree_parse(copy, why, sizeof(why));
    free(copy);
    if (!root) {
        why[strcspn(why, "\n")] = '\0';
        return pel_fail(ctx, PEL_EFORMAT, "malformed JSON: %s",
                        why[0] ? why : "no value");
    }
    *out = (struct pel_json *)root;
    return 0;
}

void pel_json_free(struct pel_json *root) { yajl_tree_free(val(root)); }

const struct pel_json *pel_json_get(const struct pel_json *map, const char *key)
{
    yajl_val v = val(map);

    if (!YAJL_IS_OBJECT(v))
        return NULL;
    for (size_t i = 0; i < v->u.object.len; i++)
        if (!strcmp(v->u.object.keys[i], key))
            return (const struct pel_json *)v->u.object.values[i];
    return NULL;
}

size_t pel_json_count(const struct pel_json *list)
{
    yajl_val v = val(list);

    return YAJL_IS_ARRAY(v) ? v->u.array.len : 0;
}

const struct pel_json *pel_json_at(const struct pel_json *list, size_t i)
{
    if (i >= pel_json_count(list))
        return NULL;
    return (const struct pel_json *)val(list)->u.array.values[i];
}

const char *pel_json_text(const struct pel_json *v)
{
    return YAJL_GET_STRING(val(v));
}

bool pel_json_uint(const struct pel_json *v, uint64_t *out)
{
    yajl_val n = val(v);

    if (!YAJL_IS_INTEGER(n) || YAJL_GET_INTEGER(n) < 0)
        return false;
    *out = (uint64_t)YAJL_GET_INTEGER(n);
    return true;
}

bool pel_json_bool(const struct pel_json *v, bool *out)
{
    yajl_val b = val(v);

    if (!YAJL_IS_TRUE(b) && !YAJL_IS_FALSE(b))
        return false;
    *out = YAJL_IS_TRUE(b);
    return true;
}

const char *pel_json_each_key(const struct pel_json *map, size_t i)
{
    yajl_val v = val(map);

    if (!YAJL_IS_OBJECT(v) || i >= v->u.object.len)
        return NULL;
    return v->u.object.keys[i];
}
