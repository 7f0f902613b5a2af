/* SPDX-License-Identifier: MIT */
#include "lib/printf.h"
#include "lib/string.h"

/* Where the text goes: characters beyond the room are counted, not stored. */
struct out {
    char *buf;
    size_t room, len;
};

/* One conversion: flags, width, precision (-1: none given), size of the argument in bytes. */
struct conv {
    bool zero, left, alt, plus;
    int width, precision;
    unsigned size;
    char kind;
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->room)
        o->buf[o->len] = c;
    o->len++;
}

static void put_text(struct out *o, const char *s, size_t n)
{
    while (n--)
        put(o, *s++);
}

static void put_fill(struct out *o, char c, int n)
{
    while (n-- > 0)
        put(o, c);
}

static void put_string(struct out *o, const struct conv *c, const char *s)
{
    size_t n;

    if (!s)
        s = "(null)";
    n = c->precision >= 0 ? strnlen(s, (size_t)c->precision) : strlen(s);
    if (!c->left)
        put_fill(o, ' ', c->width - (int)n);
    put_text(o, s, n);
    if (c->left)
        put_fill(o, ' ', c->width - (int)n);
}

static void put_number(struct out *o, const struct conv *c, uint64_t v, bool negative)
{
    const char *digits = c->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = c->kind == 'x' || c->kind == 'X' || c->kind == 'p' ? 16 : 10;
    char text[24], prefix[3];
    int n = 0, np = 0, zeros, total;

    if (negative || c->plus)
        prefix[np++] = negative ? '-' : '+';
    if (c->kind == 'p' || (c->alt && base == 16 && v)) {
        prefix[np++] = '0';
        prefix[np++] = c->kind == 'X' ? 'X' : 'x';
    }
    if (!v && c->precision != 0)
        text[n++] = '0';
    for (; v; v /= base)
        text[n++] = digits[v % base];

    zeros = c->precision - n;
    if (c->zero && !c->left && c->precision < 0)
        zeros = c->width - n - np;
    if (zeros < 0)
        zeros = 0;
    total = np + zeros + n;
    if (!c->left)
        put_fill(o, ' ', c->width - total);
    put_text(o, prefix, (size_t)np);
    put_fill(o, '0', zeros);
    while (n)
        put(o, text[--n]);
    if (c->left)
        put_fill(o, ' ', c->width - total);
}

static const char *parse_number(const char *f, int *n)
{
    for (*n = 0; *f >= '0' && *f <= '9'; f++)
        if (*n < 10000)
            *n = *n * 10 + (*f - '0');
    return f;
}

static const char *parse_flags(const char *f, struct conv *c)
{
    for (;; f++) {
        if (*f == '0')
            c->zero = true;
        else if (*f == '-')
            c->left = true;
        else if (*f == '#')
            c->alt = true;
        else if (*f == '+')
            c->plus = true;
        else
            return f;
    }
}

static const char *parse_size(const char *f, struct conv *c)
{
    c->size = sizeof(int);
    if (f[0] == 'h') {
        c->size = f[1] == 'h' ? 1 : 2;
        return f + (f[1] == 'h' ? 2 : 1);
    }
    if (*f == 'l' || *f == 'z' || *f == 'j' || *f == 't') {
        c->size = 8;
        return f + (f[0] == 'l' && f[1] == 'l' ? 2 : 1);
    }
    return f;
}

static int64_t narrow_signed(int64_t v, unsigned size)
{
    return size == 8 ? v : size == 4 ? (int32_t)v : size == 2 ? (int16_t)v : (int8_t)v;
}

static uint64_t narrow(uint64_t v, unsigned size)
{
    return size == 8 ? v : v & ((1ull << (size * 8)) - 1);
}

/* va_list by pointer, so that what one conversion takes is gone for the next. */
struct args {
    va_list ap;
};

static void convert(struct out *o, struct conv *c, struct args *a)
{
    int64_t s;
    char ch;

    switch (c->kind) {
    case 'd':
    case 'i':
        s = c->size == 8 ? va_arg(a->ap, int64_t) : va_arg(a->ap, int);
        s = narrow_signed(s, c->size);
        put_number(o, c, s < 0 ? -(uint64_t)s : (uint64_t)s, s < 0);
        break;
    case 'u':
    case 'x':
    case 'X':
        c->plus = false;
        put_number(
            o, c, narrow(c->size == 8 ? va_arg(a->ap, uint64_t) : va_arg(a->ap, unsigned), c->size),
            false);
        break;
    case 'p': put_number(o, c, (uintptr_t)va_arg(a->ap, void *), false); break;
    case 's': put_string(o, c, va_arg(a->ap, const char *)); break;
    case 'c':
        ch = (char)va_arg(a->ap, int);
        c->precision = 1;
        put_fill(o, ' ', c->left ? 0 : c->width - 1);
        put(o, ch);
        put_fill(o, ' ', c->left ? c->width - 1 : 0);
        break;
    default: /* %% and what is not known stand for themselves */ put(o, c->kind);
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = {.buf = buf, .room = size};
    struct args a;

    va_copy(a.ap, ap);
    while (*fmt) {
        struct conv c = {.precision = -1};

        if (*fmt != '%') {
            put(&o, *fmt++);
            continue;
        }
        fmt = parse_flags(fmt + 1, &c);
        if (*fmt == '*') {
            c.width = va_arg(a.ap, int);
            if (c.width < 0) {
                c.left = true;
                c.width = -c.width;
            }
            fmt++;
        } else {
            fmt = parse_number(fmt, &c.width);
        }
        if (*fmt == '.') {
            if (*++fmt == '*') {
                c.precision = va_arg(a.ap, int);
                fmt++;
            } else {
                fmt = parse_number(fmt, &c.precision);
            }
        }
        fmt = parse_size(fmt, &c);
        if (!*fmt)
            break;
        c.kind = *fmt++;
        convert(&o, &c, &a);
    }
    va_end(a.ap);
    if (size)
        buf[o.len < size ? o.len : size - 1] = 0;
    return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
