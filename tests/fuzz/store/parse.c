/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzz target: numbers, strings, paths and permission lists of a payload. */
#include <store/mem.h>
#include <store/parse.h>
#include <store/perm.h>
#include <store/tree.h>

#include "common.h"

static void try_path(const char *s)
{
    char path[PATH_ROOM], again[PATH_ROOM];
    const char *pos = path, *name;
    size_t sum = 0, len;
    int got = path_parse(s, 7, XENSTORE_REL_PATH_MAX, true, path);

    if (got < 0)
        return;
    MUST(strlen(path) == (size_t)got && got < PATH_ROOM);
    MUST(path_parse(path, 3, XENSTORE_REL_PATH_MAX, true, again) == got);
    MUST(!strcmp(path, again));
    if (path_is_special(path) || got == 1)
        return;
    while ((len = path_next(&pos, &name))) {
        MUST(!memchr(name, '/', len));
        sum += len + 1;
    }
    MUST(sum == (size_t)got);
    len = path_parent_len(path, got);
    MUST(len < (size_t)got && (len == 1 || path[len] == '/'));
}

/* What is written of a list is read as the same list. */
static void try_perms(const char *s, size_t len)
{
    struct perms *p, *q;
    struct buf out = { 0 };

    if (perms_parse(s, len, 1, &p))
        return;
    MUST(!perms_format(p, &out));
    MUST(!perms_parse(buf_head(&out), buf_len(&out), 1, &q));
    MUST(perms_same(p, q));
    buf_clear(&out);
    perms_put(p);
    perms_put(q);
}

/* Could it stand between two slashes? */
static bool is_name(const char *s, size_t len)
{
    char path[PATH_ROOM + 1], out[PATH_ROOM];

    return snprintf(path, sizeof(path), "/%s", s) == (int)len + 1 &&
           !memchr(s, '/', len) &&
           path_parse(path, 0, XENSTORE_REL_PATH_MAX, false, out) > 0;
}

/* Two names: keys and order agree. */
static void try_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = node_order(a, a_len, b, b_len);
    uint64_t x = node_key(a, a_len), y = node_key(b, b_len);

    MUST((order < 0) == (node_order(b, b_len, a, a_len) > 0));
    if (a_len >= 128 || b_len >= 128)
        return;
    if (x != y)
        MUST((order < 0) == (x < y));
    else if (a_len < 8 && a_len == b_len)
        MUST(!order);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *arg[8];
    unsigned int number;
    char *s;
    int nr;

    if (size > 8192)
        return 0;
    s = malloc(size + 1);
    memcpy(s, data, size);
    s[size] = '\0';

    nr = parse_strings(s, size, arg, 8);
    MUST(nr <= (int)size);
    for (int i = 0; i < nr && i < 8; i++)
        MUST(arg[i] >= s && arg[i] < s + size);
    if (!parse_uint(s, 70000, &number))
        MUST(number <= 70000);
    try_path(s);
    try_perms(s, size);
    if (size > 1 && is_name(s, size))
        try_names(s, size / 2, s + size / 2, size - size / 2);
    free(s);
    return 0;
}
