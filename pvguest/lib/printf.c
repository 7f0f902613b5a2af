/* SPDX-License-Identifier: MIT */
#include "printf.h"

#include <stdbool.h>
#include <stdint.h>

#include "console.h"
#include "string.h"

struct out {
    char *buffer;
    size_t size, length;
};

struct spec {
    bool left, zero;
    int width, precision; /* precision -1: none */
    int longs;
};

static void put(struct out *o, char c)
{
    if (o->length + 1 < o->size)
        o->buffer[o->length] = c;
    o->length++;
}

static void put_padded(struct out *o, const struct spec *s, const char *text, int length, char sign)
{
    int pad = s->width - length - (sign != 0);

    if (sign && s->zero)
        put(o, sign);
    for (; !s->left && pad > 0; pad--)
        put(o, s->zero ? '0' : ' ');
    if (sign && !s->zero)
        put(o, sign);
    for (int i = 0; i < length; i++)
        put(o, text[i]);
    for (; pad > 0; pad--)
        put(o, ' ');
}

static void put_number(struct out *o, const struct spec *s, uint64_t value, unsigned int base,
                       bool upper, char sign)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    int at = sizeof(text);

    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value);
    put_padded(o, s, text + at, (int)sizeof(text) - at, sign);
}

static const char *parse_spec(const char *f, struct spec *s)
{
    *s = (struct spec){.precision = -1};
    for (;; f++) {
        if (*f == '-')
            s->left = true;
        else if (*f == '0')
            s->zero = true;
        else
            break;
    }
    for (; *f >= '0' && *f <= '9'; f++)
        s->width = s->width * 10 + (*f - '0');
    if (*f == '.')
        for (f++, s->precision = 0; *f >= '0' && *f <= '9'; f++)
            s->precision = s->precision * 10 + (*f - '0');
    for (; *f == 'l' || *f == 'z'; f++)
        s->longs++;
    return f;
}

static void put_string(struct out *o, struct spec *s, const char *text)
{
    size_t length;

    if (!text)
        text = "(null)";
    length = strlen(text);
    if (s->precision >= 0 && length > (size_t)s->precision)
        length = (size_t)s->precision;
    s->zero = false;
    put_padded(o, s, text, (int)length, 0);
}

int vsnprintf(char *buffer, size_t size, const char *fmt, va_list args)
{
    struct out o = {.buffer = buffer, .size = size};

    for (const char *f = fmt; *f; f++) {
        struct spec s;
        int64_t v;
        char c;

        if (*f != '%') {
            put(&o, *f);
            continue;
        }
        f = parse_spec(f + 1, &s);
        switch (*f) {
        case 'd':
        case 'i':
            v = s.longs ? va_arg(args, long) : va_arg(args, int);
            put_number(&o, &s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, false, v < 0 ? '-' : 0);
            break;
        case 'u':
        case 'x':
        case 'X':
            put_number(&o, &s, s.longs ? va_arg(args, unsigned long) : va_arg(args, unsigned int),
                       *f == 'u' ? 10 : 16, *f == 'X', 0);
            break;
        case 'p':
            put(&o, '0');
            put(&o, 'x');
            put_number(&o, &s, (uintptr_t)va_arg(args, void *), 16, false, 0);
            break;
        case 's': put_string(&o, &s, va_arg(args, const char *)); break;
        case 'c':
            c = (char)va_arg(args, int);
            put_padded(&o, &s, &c, 1, 0);
            break;
        case '\0': f--; break;
        default: put(&o, *f);
        }
    }
    if (size)
        buffer[o.length < size ? o.length : size - 1] = '\0';
    return (int)o.length;
}

int snprintf(char *out, size_t size, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(out, size, fmt, args);
    va_end(args);
    return n;
}

int vprintf(const char *fmt, va_list args)
{
    char line[512];
    int n = vsnprintf(line, sizeof(line), fmt, args);

    console_write(line, n < (int)sizeof(line) ? (size_t)n : sizeof(line) - 1);
    return n;
}

int printf(const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vprintf(fmt, args);
    va_end(args);
    return n;
}
