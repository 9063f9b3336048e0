/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * printf formats (pure): %d %i %u %x %X %p %s %c %% with the flags `-', `0',
 * `#', `+' and space, width and precision (also `*'), lengths hh h l ll z j t.
 * No floating point, no %n: a format is never an attack on us.
 */
#include <hv/console.h>
#include <hv/string.h>

struct out {
    char *buf;
    size_t size, len; /* len: what it would be without a limit */
};

struct spec {
    bool left, zero, alt, upper;
    char sign;            /* '+' or ' ' before positive numbers, or 0 */
    int width, precision; /* precision -1: none given */
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->size)
        o->buf[o->len] = c;
    o->len++;
}

static void pad(struct out *o, char c, int n)
{
    while (n-- > 0)
        put(o, c);
}

static void put_string(struct out *o, const struct spec *f, const char *s)
{
    size_t len;

    if (!s)
        s = "(null)";
    len = f->precision < 0 ? strlen(s) : strnlen(s, f->precision);

    if (!f->left)
        pad(o, ' ', f->width - (int)len);
    for (size_t i = 0; i < len; i++)
        put(o, s[i]);
    if (f->left)
        pad(o, ' ', f->width - (int)len);
}

static void put_number(struct out *o, const struct spec *f, uint64_t v,
                       unsigned int base, bool negative)
{
    const char *digits = f->upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char tmp[24], prefix[3];
    int n = 0, np = 0, zeros;

    if (negative)
        prefix[np++] = '-';
    else if (f->sign)
        prefix[np++] = f->sign;
    if (f->alt && base == 16 && v) {
        prefix[np++] = '0';
        prefix[np++] = f->upper ? 'X' : 'x';
    }
    while (v) {
        tmp[n++] = digits[v % base];
        v /= base;
    }
    if (!n && f->precision)
        tmp[n++] = '0';

    zeros = f->precision - n;
    if (f->zero && !f->left && f->precision < 0)
        zeros = f->width - np - n;
    if (zeros < 0)
        zeros = 0;

    if (!f->left)
        pad(o, ' ', f->width - np - zeros - n);
    for (int i = 0; i < np; i++)
        put(o, prefix[i]);
    pad(o, '0', zeros);
    for (int i = n; i > 0; i--)
        put(o, tmp[i - 1]);
    if (f->left)
        pad(o, ' ', f->width - np - zeros - n);
}

static const char *parse_flags(const char *p, struct spec *f)
{
    for (;; p++) {
        if (*p == '-')
            f->left = true;
        else if (*p == '0')
            f->zero = true;
        else if (*p == '#')
            f->alt = true;
        else if (*p == '+' || (*p == ' ' && !f->sign))
            f->sign = *p;
        else
            return p;
    }
}

static const char *parse_int(const char *p, int *out)
{
    int n = 0;

    for (; *p >= '0' && *p <= '9'; p++)
        if (n < 10000)
            n = n * 10 + (*p - '0');
    *out = n;
    return p;
}

/* Bytes of the argument that a length modifier names; moves *@p past it. */
static unsigned int parse_length(const char **p)
{
    unsigned int bytes = sizeof(int);

    for (;; (*p)++) {
        if (**p == 'l' || **p == 'z' || **p == 'j' || **p == 't')
            bytes = sizeof(long);
        else if (**p == 'h')
            bytes = bytes == sizeof(short) ? 1 : sizeof(short);
        else
            return bytes;
    }
}

static uint64_t cut_unsigned(uint64_t v, unsigned int bytes)
{
    return bytes == 8 ? v : v & ((1UL << (bytes * 8)) - 1);
}

static int64_t cut_signed(uint64_t v, unsigned int bytes)
{
    unsigned int drop = 64 - bytes * 8;

    return (int64_t)(v << drop) >> drop;
}

/* The caller's va_list, behind a pointer that can be handed on. */
struct args {
    va_list ap;
};

static uint64_t next_int(struct args *a, unsigned int bytes)
{
    if (bytes == sizeof(long))
        return va_arg(a->ap, unsigned long);
    return (uint64_t)va_arg(a->ap, int);
}

/* One conversion; false: the letter is not known. */
static bool convert(struct out *o, struct spec *f, char c, unsigned int bytes,
                    struct args *a)
{
    int64_t s;
    char ch[2] = { 0, 0 };

    switch (c) {
    case 'd':
    case 'i':
        s = cut_signed(next_int(a, bytes), bytes);
        put_number(o, f, s < 0 ? -(uint64_t)s : (uint64_t)s, 10, s < 0);
        return true;
    case 'u':
        f->sign = 0;
        put_number(o, f, cut_unsigned(next_int(a, bytes), bytes), 10, false);
        return true;
    case 'X':
        f->upper = true;
        /* fall through */
    case 'x':
        f->sign = 0;
        put_number(o, f, cut_unsigned(next_int(a, bytes), bytes), 16, false);
        return true;
    case 'p':
        f->zero = true;
        f->width = 16;
        put_number(o, f, (uintptr_t)va_arg(a->ap, void *), 16, false);
        return true;
    case 's':
        put_string(o, f, va_arg(a->ap, const char *));
        return true;
    case 'c':
        ch[0] = va_arg(a->ap, int);
        pad(o, ' ', f->left ? 0 : f->width - 1);
        put(o, ch[0]);
        pad(o, ' ', f->left ? f->width - 1 : 0);
        return true;
    }
    return false;
}

int hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = { buf, size, 0 };
    struct args a;

    va_copy(a.ap, ap);
    for (const char *p = fmt; *p; p++) {
        struct spec f = { .precision = -1 };
        const char *start = p;
        unsigned int bytes;

        if (*p != '%' || *++p == '%') {
            put(&o, *p);
            continue;
        }
        p = parse_flags(p, &f);
        if (*p == '*') {
            f.width = va_arg(a.ap, int);
            if (f.width < 0) {
                f.left = true;
                f.width = -f.width;
            }
            p++;
        } else {
            p = parse_int(p, &f.width);
        }
        if (*p == '.') {
            if (*++p == '*') {
                f.precision = va_arg(a.ap, int);
                p++;
            } else {
                p = parse_int(p, &f.precision);
            }
        }
        bytes = parse_length(&p);
        if (convert(&o, &f, *p, bytes, &a))
            continue;
        /* Not ours: show it as it stands, so that it gets noticed. */
        for (; start < p; start++)
            put(&o, *start);
        if (!*p)
            break;
        put(&o, *p);
    }
    va_end(a.ap);

    if (size)
        buf[o.len < size ? o.len : size - 1] = '\0';
    return o.len;
}

int hv_snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = hv_vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
