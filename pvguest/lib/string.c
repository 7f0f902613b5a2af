/* SPDX-License-Identifier: MIT */
#include "string.h"

void *memcpy(void *to, const void *from, size_t n)
{
    size_t words = n / 8, rest = n % 8;
    void *t = to;

    asm volatile("rep movsq" : "+D"(t), "+S"(from), "+c"(words) : : "memory");
    asm volatile("rep movsb" : "+D"(t), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    char *t = (char *)to + n;
    const char *f = (const char *)from + n;

    if (to <= from || (char *)to >= f)
        return memcpy(to, from, n);
    while (n--) {
        *--t = *--f;
        asm volatile("" ::: "memory"); /* Keeps this from being compiled into memmove(). */
    }
    return to;
}

void *memset(void *to, int c, size_t n)
{
    unsigned long word = (unsigned char)c * 0x0101010101010101ul;
    size_t words = n / 8, rest = n % 8;
    void *t = to;

    asm volatile("rep stosq" : "+D"(t), "+c"(words) : "a"(word) : "memory");
    asm volatile("rep stosb" : "+D"(t), "+c"(rest) : "a"(word) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

size_t strlen(const char *s)
{
    return strnlen(s, (size_t)-1);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++)
        if (*a != *b || !*a)
            return (unsigned char)*a - (unsigned char)*b;
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, (size_t)-1);
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)s;
        if (!*s)
            return NULL;
    }
}

char *strstr(const char *s, const char *needle)
{
    size_t n = strlen(needle);

    for (; *s || !n; s++)
        if (strncmp(s, needle, n) == 0)
            return (char *)s;
    return NULL;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

unsigned long strtoul(const char *s, char **end, int base)
{
    unsigned long value = 0;

    while (*s == ' ')
        s++;
    if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x' &&
        digit_value(s[2]) < 16) {
        s += 2;
        base = 16;
    } else if (base == 0) {
        base = 10;
    }
    for (; digit_value(*s) < base; s++)
        value = value * (unsigned long)base + (unsigned long)digit_value(*s);
    if (end)
        *end = (char *)s;
    return value;
}
