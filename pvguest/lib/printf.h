/* SPDX-License-Identifier: MIT */
/*
 * Formatted output: %d %i %u %x %X %p %s %c %%, with l, ll, z; width, '-', '0' and, for %s, '.N'.
 * printf() goes to the console, see console.h.
 */
#ifndef PVGUEST_PRINTF_H
#define PVGUEST_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

int printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *fmt, va_list args);

/* Always ends the string; returns the length it would have had. */
int snprintf(char *out, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *out, size_t size, const char *fmt, va_list args);

#endif
