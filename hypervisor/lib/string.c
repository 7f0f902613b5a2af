/* SPDX-License-Identifier: MIT */
/*
 * Memory and string functions. The bulk goes eight bytes at a time by the string instructions,
 * which C cannot say and which are the shortest way; a tail is covered by one overlapping access.
 */
#include "lib/string.h"
#include "lib/types.h"

static inline uint64_t load8(const void *p)
{
    uint64_t v;

    __builtin_memcpy(&v, p, sizeof(v));
    return v;
}

static inline void store8(void *p, uint64_t v)
{
    __builtin_memcpy(p, &v, sizeof(v));
}

void *memcpy(void *dst, const void *src, size_t n)
{
    void *d = dst;

    if (n >= 8) {
        uint64_t tail = load8((const char *)src + n - 8);
        char *end = (char *)dst + n - 8;
        size_t words = n >> 3;

        __asm__ volatile("rep movsq" : "+D"(d), "+S"(src), "+c"(words)::"memory");
        store8(end, tail);
    } else {
        __asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n)::"memory");
    }
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    char *d = dst;
    const char *s = src;

    if (d <= s || d >= s + n) {
        __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
        return dst;
    }
    while (n >= 8) {
        n -= 8;
        store8(d + n, load8(s + n));
    }
    while (n--) {
        d[n] = s[n];
        __asm__ volatile("" ::: "memory"); /* or the compiler makes it a call of this function */
    }
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    uint64_t v = (uint8_t)c * 0x0101010101010101ull;
    void *d = dst;

    if (n >= 8) {
        size_t words = n >> 3;

        store8((char *)dst + n - 8, v);
        __asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(v) : "memory");
    } else {
        __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(v) : "memory");
    }
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (; n >= 8 && load8(x) == load8(y); n -= 8, x += 8, y += 8)
        ;
    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void *memchr(const void *s, int c, size_t n)
{
    for (const uint8_t *p = s; n; n--, p++)
        if (*p == (uint8_t)c)
            return (void *)(uintptr_t)p;
    return NULL;
}

size_t strnlen(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && s[i])
        i++;
    return i;
}

size_t strlen(const char *s)
{
    const char *p = s;

    for (; *p; p++)
        __asm__ volatile(""); /* or the compiler makes it a call of this function */
    return (size_t)(p - s);
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++)
        if (*a != *b || !*a)
            return (uint8_t)*a - (uint8_t)*b;
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)(uintptr_t)s;
        if (!*s)
            return NULL;
    }
}

char *strrchr(const char *s, int c)
{
    char *last = NULL;

    for (;; s++) {
        if (*s == (char)c)
            last = (char *)(uintptr_t)s;
        if (!*s)
            return last;
    }
}

char *strstr(const char *haystack, const char *needle)
{
    size_t n = strlen(needle);

    for (; *haystack || !n; haystack++)
        if (!strncmp(haystack, needle, n))
            return (char *)(uintptr_t)haystack;
    return NULL;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* No sign, no leading blanks; too large a number is ~0. */
unsigned long strtoul(const char *s, char **end, int base)
{
    unsigned long v = 0;
    bool overflow = false;

    if ((!base || base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x' && digit_value(s[2]) < 16) {
        base = 16;
        s += 2;
    } else if (!base) {
        base = s[0] == '0' ? 8 : 10;
    }
    for (; digit_value(*s) < base; s++) {
        overflow |= __builtin_mul_overflow(v, (unsigned long)base, &v);
        overflow |= __builtin_add_overflow(v, (unsigned long)digit_value(*s), &v);
    }
    if (end)
        *end = (char *)(uintptr_t)s;
    return overflow ? ~0ul : v;
}
