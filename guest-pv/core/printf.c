/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formatted text: the few conversions that tests print with. */
#include <stdbool.h>
#include <stdint.h>
#include <pv/console.h>
#include <pv/printf.h>
#include <pv/string.h>

struct out {
    char *buf;
    size_t size, len;
};

struct conv {
    bool zero, left;
    unsigned int width;
    unsigned int longs;
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->size)
        o->buf[o->len++] = c;
}

static void put_padded(struct out *o, const struct conv *c, const char *s,
                       size_t len)
{
    size_t pad = c->width > len ? c->width - len : 0;

    for (; !c->left && pad; pad--)
        put(o, c->zero ? '0' : ' ');
    for (size_t i = 0; i < len; i++)
        put(o, s[i]);
    for (; pad; pad--)
        put(o, ' ');
}

static void put_number(struct out *o, const struct conv *c, uint64_t v,
                       unsigned int base, bool negative)
{
    char digits[24];
    size_t i = sizeof(digits);

    do {
        digits[--i] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    if (negative)
        digits[--i] = '-';
    put_padded(o, c, digits + i, sizeof(digits) - i);
}

static const char *parse(const char *fmt, struct conv *c)
{
    for (; *fmt == '0' || *fmt == '-'; fmt++) {
        c->zero |= *fmt == '0';
        c->left |= *fmt == '-';
    }
    for (; *fmt >= '0' && *fmt <= '9'; fmt++)
        c->width = c->width * 10 + (unsigned int)(*fmt - '0');
    for (; *fmt == 'l' || *fmt == 'z'; fmt++)
        c->longs++;
    return fmt;
}

size_t pv_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = { buf, size, 0 };

    for (; *fmt; fmt++) {
        struct conv c = { 0 };
        const char *s;
        int64_t d;
        char ch;

        if (*fmt != '%') {
            put(&o, *fmt);
            continue;
        }
        fmt = parse(fmt + 1, &c);
        switch (*fmt) {
        case 's':
            s = va_arg(ap, const char *);
            put_padded(&o, &c, s, strlen(s));
            break;
        case 'c':
            ch = (char)va_arg(ap, int);
            put_padded(&o, &c, &ch, 1);
            break;
        case 'd':
            d = c.longs ? va_arg(ap, long) : va_arg(ap, int);
            put_number(&o, &c, d < 0 ? 0 - (uint64_t)d : (uint64_t)d, 10,
                       d < 0);
            break;
        case 'u':
        case 'x':
            put_number(&o, &c,
                       c.longs ? va_arg(ap, unsigned long)
                               : va_arg(ap, unsigned int),
                       *fmt == 'u' ? 10 : 16, false);
            break;
        case 'p':
            put_number(&o, &c, (uintptr_t)va_arg(ap, void *), 16, false);
            break;
        default:
            put(&o, *fmt);
            break;
        }
    }
    buf[o.len] = 0;
    return o.len;
}

size_t pv_snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    size_t n;

    va_start(ap, fmt);
    n = pv_vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}

void pv_printf(const char *fmt, ...)
{
    char buf[512];
    va_list ap;
    size_t n;

    va_start(ap, fmt);
    n = pv_vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    console_write(buf, n);
}
