/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what a request's payload says. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <store/parse.h>

int parse_uint(const char *s, unsigned int max, unsigned int *out)
{
    uint64_t value = 0;

    if (!*s)
        return -EINVAL;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return -EINVAL;
        value = value * 10 + (*s - '0');
        if (value > max)
            return -EINVAL;
    }
    *out = value;
    return 0;
}

int parse_strings(const char *data, size_t len, const char **out, int max)
{
    const char *end = data + len;
    int nr = 0;

    if (len && end[-1])
        return -EINVAL;
    for (; data < end; data += strlen(data) + 1, nr++) {
        if (nr < max)
            out[nr] = data;
    }
    return nr;
}

/* The characters that a path is made of. */
static const bool path_char[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
    ['-'] = true,         ['/'] = true,         ['_'] = true,
    ['@'] = true,
};

static bool path_chars_ok(const char *s)
{
    for (; *s; s++) {
        if (!path_char[(unsigned char)*s])
            return false;
        if (*s == '/' && (s[1] == '/' || !s[1]))
            return false; /* empty component, or a slash at the end */
    }
    return true;
}

/* Bytes of "/local/domain/N/" that @path begins with, or 0. */
static size_t home_len(const char *path)
{
    static const char home[] = "/local/domain/";
    size_t len = sizeof(home) - 1;
    size_t digits;

    if (strncmp(path, home, len))
        return 0;
    digits = strspn(path + len, "0123456789");
    return digits && path[len + digits] == '/' ? len + digits + 1 : 0;
}

int path_parse(const char *s, uint16_t domid, unsigned int rel_max,
               bool special, char *out)
{
    bool absolute = s[0] == '/';
    size_t given = strlen(s);
    int len = 0;

    if (!s[0] || (path_is_special(s) && !special))
        return -EINVAL;

    if (given >= PATH_ROOM)
        return -EINVAL;
    if (!absolute && !path_is_special(s))
        len = sprintf(out, "/local/domain/%u/", domid);
    if (len + given >= PATH_ROOM)
        return -EINVAL;
    memcpy(out + len, s, given + 1);
    len += given;
    if (len - home_len(out) > rel_max)
        return -EINVAL;

    if (!strcmp(out, "/"))
        return len;
    return path_chars_ok(out) ? len : -EINVAL;
}

size_t path_parent_len(const char *path, size_t len)
{
    while (path[len - 1] != '/')
        len--;
    return len > 1 ? len - 1 : 1;
}

size_t path_next(const char **pos, const char **name)
{
    const char *s = *pos;
    size_t len;

    while (*s == '/')
        s++;
    for (len = 0; s[len] && s[len] != '/';)
        len++;
    *name = s;
    *pos = s + len;
    return len;
}
