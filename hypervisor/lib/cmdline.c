/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of a command line and the numbers in them (pure). */
#include <hv/cmdline.h>
#include <hv/string.h>

/* The next word at or after @p; its length in *@len, 0 at the end. */
static const char *next_word(const char *p, size_t *len)
{
    while (*p == ' ' || *p == '\t')
        p++;
    *len = 0;
    while (p[*len] && p[*len] != ' ' && p[*len] != '\t')
        (*len)++;
    return p;
}

bool cmdline_get(const char *line, const char *name, char *buf, size_t size)
{
    size_t n = strlen(name), len;
    bool found = false;

    for (const char *w = next_word(line, &len); len;
         w = next_word(w + len, &len)) {
        if (len < n || strncmp(w, name, n) || (len > n && w[n] != '='))
            continue;
        const char *val = len > n ? w + n + 1 : w + n;
        size_t vlen = MIN((size_t)(w + len - val), size - 1);

        memcpy(buf, val, vlen);
        buf[vlen] = '\0';
        found = true;
    }
    return found;
}

bool cmdline_list(const char *line, const char *name, const char *word,
                  bool def)
{
    char value[64];
    size_t n = strlen(word);

    if (!cmdline_get(line, name, value, sizeof(value)))
        return def;
    for (const char *p = value; p; p = strchr(p, ',')) {
        p += *p == ',';
        if (!strncmp(p, word, n) && (!p[n] || p[n] == ','))
            return true;
    }
    return false;
}

static bool is_one_of(const char *s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(s, words[i]))
            return true;
    return false;
}

bool cmdline_flag(const char *line, const char *name, bool def)
{
    static const char *const yes[] = { "", "1", "yes", "on", "true" };
    static const char *const no[] = { "0", "no", "off", "false" };
    char val[16], negated[40] = "no-";

    if (cmdline_get(line, name, val, sizeof(val))) {
        if (is_one_of(val, yes, ARRAY_SIZE(yes)))
            return true;
        if (is_one_of(val, no, ARRAY_SIZE(no)))
            return false;
    }
    copy_string(negated + 3, name, sizeof(negated) - 3);
    if (cmdline_get(line, negated, val, sizeof(val)))
        return false;
    return def;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

int parse_u64(const char *s, const char **end, uint64_t *out)
{
    int base = 10;
    uint64_t v = 0;

    if (s[0] == '0' && (s[1] | 0x20) == 'x') {
        base = 16;
        s += 2;
    }
    if (digit(*s) >= base)
        return -1;
    for (; digit(*s) < base; s++)
        if (__builtin_mul_overflow(v, base, &v) ||
            __builtin_add_overflow(v, digit(*s), &v))
            return -1;
    *end = s;
    *out = v;
    return 0;
}

int parse_size(const char *s, const char **end, uint64_t *out)
{
    static const char units[] = "BKMGT";
    unsigned int shift = 10;
    const char *u;
    uint64_t v;

    if (parse_u64(s, &s, &v))
        return -1;
    u = *s ? strchr(units, *s & ~0x20) : NULL;
    if (u && *u) {
        shift = 10 * (u - units);
        s++;
    }
    *end = s;
    *out = v << shift;
    return v > UINT64_MAX >> shift ? -1 : 0;
}
